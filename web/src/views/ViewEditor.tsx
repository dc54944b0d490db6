/** Edits a view and saves it as its YAML file; takes in and gives out such files. */
import { useState, type ChangeEvent, type FormEvent } from "react";
import {
  download,
  put,
  remove,
  type ApiError,
  type FleetReadiness,
  type HealthStatus,
  type SavedView,
  type SavedViewDetail,
  type SavedViewResult,
} from "../api";
import { spoken } from "../format";
import { go, useData, withQuery } from "../hooks";
import { Panel } from "../Panel";
import { Alert } from "../parts";
import { matches } from "./glob";
import { EVERYTHING, SECTIONS, SECTION_TITLES, type SectionName } from "./views";

const NEW = "*";
const MAX_FILE_BYTES = 64_000;

interface EditorProps {
  address: URL;
  report: HealthStatus;
  /** Reads the view of the board again. */
  refresh: () => void;
}

export function ViewEditor({ address, report, refresh }: EditorProps) {
  const edited = address.searchParams.get("edit") ?? "";
  const isNew = edited === NEW;
  const loaded = useData<SavedViewDetail>(isNew ? null : `/views/${edited}`);
  return (
    <Panel name="edit" label={isNew ? "New view" : `View ${edited}`}>
      <h2>{isNew ? "New view" : `View ${edited}`}</h2>
      {loaded.error && <Alert>{loaded.error.message}</Alert>}
      {(isNew || loaded.data) && (
        <Form key={loaded.data?.version ?? NEW} address={address} report={report} saved={loaded.data} reload={() => (loaded.refresh(), refresh())} />
      )}
      {isNew && <Import address={address} refresh={refresh} />}
    </Panel>
  );
}

interface FormProps {
  address: URL;
  report: HealthStatus;
  saved: SavedViewDetail | null;
  reload: () => void;
}

function Form({ address, report, saved, reload }: FormProps) {
  const before = saved?.view ?? EVERYTHING;
  const fleet = useData<FleetReadiness>("/fleet/ready");
  const [name, setName] = useState(saved?.name ?? "");
  const [view, setView] = useState<SavedView>(before);
  const [message, setMessage] = useState("");
  const change = (part: Partial<SavedView>) => setView((last) => ({ ...last, ...part }));
  const act = async (action: () => Promise<string>, after: () => void) => {
    try {
      setMessage(`✓ ${await action()}`);
      after();
    } catch (error) {
      setMessage(`! ${(error as ApiError).message}`);
    }
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    void act(
      async () => {
        const body = { view, version: saved?.version ?? "" };
        const done = await put<SavedViewResult>(`/views/${name}`, body);
        return `saved as ${done.file}${lossText(done.comments_lost ?? 0)}`;
      },
      () => {
        reload();
        go(withQuery(address, { view: name, edit: name }), { replace: true });
      },
    );
  };
  const erase = () =>
    void act(
      async () => (await remove(`/views/${name}`), `${name} is deleted`),
      () => go(withQuery(address, { view: "", edit: "" })),
    );
  const processes = (report.processes ?? []).map((each) => each.name);
  const tails = (fleet.data?.aircraft ?? []).map((each) => each.tail).sort();
  return (
    <form className="section editor" onSubmit={save}>
      <label>
        Name, as in the address
        <input
          required
          pattern="[a-z0-9][a-z0-9_]*"
          maxLength={64}
          title="lowercase letters, digits and _"
          value={name}
          disabled={saved !== null}
          onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label>
        Title: who looks at it, and for what
        <input required maxLength={200} value={view.describes} onChange={(event) => change({ describes: event.target.value })} />
      </label>
      <Chooser title="Processes" names={processes} patterns={view.processes ?? []} choose={(processes) => change({ processes })} />
      <Chooser title="Aircraft" names={tails} patterns={view.aircraft ?? []} choose={(aircraft) => change({ aircraft })} />
      <Layout layout={view.layout ?? [...SECTIONS]} choose={(layout) => change({ layout })} />
      <label>
        Notes
        <textarea rows={4} maxLength={4000} value={view.notes ?? ""} onChange={(event) => change({ notes: event.target.value })} />
      </label>
      <p className="buttons">
        <button>Save</button>
        {saved && (
          <button type="button" className="quiet" onClick={() => void download(`/views/${name}/file`, `${name}.yaml`)}>
            Export the file
          </button>
        )}
        {saved?.is_own && (
          <button type="button" className="quiet" onClick={erase}>
            Delete
          </button>
        )}
      </p>
      {message && <output role="status">{message}</output>}
      {saved && !saved.is_own && <p className="dim">This view came with the program; a save makes a copy of your own.</p>}
    </form>
  );
}

const lossText = (lines: number) => (lines ? `; ${lines} lines with a comment were lost` : "");

interface ChooserProps {
  title: string;
  names: readonly string[];
  patterns: readonly string[];
  choose: (patterns: string[]) => void;
}

/** All, or some by name; a pattern that a name matches stays until that name is taken out. */
function Chooser({ title, names, patterns, choose }: ChooserProps) {
  const isAll = !patterns.length;
  const isOn = (name: string) => isAll || patterns.some((each) => matches(each, name));
  const [text, setText] = useState(() => patterns.filter((each) => !names.includes(each)).join(" "));
  const toggle = (name: string) => {
    const kept = isAll ? names : patterns;
    if (!isOn(name)) return choose([...kept, name]);
    const widened = kept.flatMap((each) => (matches(each, name) ? names.filter((other) => matches(each, other)) : [each]));
    const left = [...new Set(widened)].filter((each) => each !== name);
    if (left.length) choose(left);
  };
  const write = (given: string) => {
    setText(given);
    choose([...patterns.filter((each) => names.includes(each)), ...given.split(/[\s,]+/).filter(Boolean)]);
  };
  return (
    <fieldset>
      <legend>
        {title}: {isAll ? "all" : `${names.filter(isOn).length} of ${names.length}`}
      </legend>
      <div className="boxes">
        {names.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={isOn(name)} onChange={() => toggle(name)} /> {spoken(name)}
          </label>
        ))}
      </div>
      <p className="buttons">
        <label>
          Patterns, as lake_* or HB-Z* <input value={text} onChange={(event) => write(event.target.value)} />
        </label>
        <button type="button" className="quiet" disabled={isAll} onClick={() => (setText(""), choose([]))}>
          All
        </button>
      </p>
    </fieldset>
  );
}

/** The sections from top to bottom; buttons move them, so that no drag is needed. */
function Layout({ layout, choose }: { layout: readonly SectionName[]; choose: (layout: SectionName[]) => void }) {
  const rest = SECTIONS.filter((each) => !layout.includes(each));
  const swap = (from: number, to: number) => {
    const moved = [...layout];
    [moved[from], moved[to]] = [moved[to]!, moved[from]!];
    choose(moved);
  };
  return (
    <fieldset>
      <legend>Layout, from top to bottom</legend>
      <ol className="layout">
        {layout.map((each, n) => (
          <li key={each}>
            <label>
              <input type="checkbox" checked disabled={layout.length === 1} onChange={() => choose(layout.filter((other) => other !== each))} />{" "}
              {SECTION_TITLES[each]}
            </label>
            <span>
              <button type="button" className="quiet" disabled={!n} onClick={() => swap(n, n - 1)} aria-label={`${SECTION_TITLES[each]} up`}>
                ▴
              </button>
              <button
                type="button"
                className="quiet"
                disabled={n === layout.length - 1}
                onClick={() => swap(n, n + 1)}
                aria-label={`${SECTION_TITLES[each]} down`}
              >
                ▾
              </button>
            </span>
          </li>
        ))}
        {rest.map((each) => (
          <li key={each}>
            <label>
              <input type="checkbox" checked={false} onChange={() => choose([...layout, each])} /> {SECTION_TITLES[each]}
            </label>
          </li>
        ))}
      </ol>
    </fieldset>
  );
}

/** Takes in a file that was exported here or elsewhere, under the name that it has. */
function Import({ address, refresh }: { address: URL; refresh: () => void }) {
  const [message, setMessage] = useState("");
  const take = async (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = "";
    if (!file) return;
    const name = file.name.replace(/\.yaml$/, "");
    try {
      if (file.size > MAX_FILE_BYTES) throw new Error(`${file.name} is too large for a view`);
      const done = await put<SavedViewResult>(`/views/${encodeURIComponent(name)}/file`, await file.text());
      setMessage(`✓ saved as ${done.file}`);
      refresh();
      go(withQuery(address, { view: name, edit: name }));
    } catch (error) {
      setMessage(`! ${(error as Error).message}`);
    }
  };
  return (
    <section className="section" aria-label="Import">
      <label>
        Import the file of a view, NAME.yaml{" "}
        <input type="file" accept=".yaml" onChange={(event) => void take(event)} />
      </label>
      {message && <output role="status">{message}</output>}
    </section>
  );
}
