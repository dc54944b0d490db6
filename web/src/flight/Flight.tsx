/** One recording: its way through the stages, its findings, and its parameters over time. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { RecordedParameter, RecordingHistory } from "../api";
import { SeverityMark } from "../findings/severity";
import { seconds } from "../format";
import { go, useData } from "../hooks";
import { Alert, Section } from "../parts";
import { minutes, Pane, type Span } from "./Pane";

const AROUND_S = 60;
const NONE: never[] = [];

export function Flight({ address, recording }: { address: URL; recording: string }) {
  const history = useData<RecordingHistory>(`/recordings/${recording}`);
  const parameters = useData<RecordedParameter[]>(`/recordings/${recording}/parameters`);
  const [box, width] = useWidth();
  const chosen = address.searchParams.getAll("p");
  const span = { from: address.searchParams.get("from") ?? "", to: address.searchParams.get("to") ?? "" };
  const show = (names: string[], at: Span) => go(addressOf(address, names, at), { replace: true });
  const findings = history.data?.findings ?? NONE;
  return (
    <div className="page" ref={box}>
      {history.error && <Alert>{history.error.message}</Alert>}
      {history.data && <Head history={history.data} />}
      {findings.length > 0 && (
        <Section title="Findings" count={findings.length}>
          <ul className="flight-findings">
            {findings.map((each) => (
              <li key={`${each.algorithm} ${each.number}`}>
                <button
                  className="quiet"
                  onClick={() =>
                    show(chosen, {
                      from: String(Math.max(0, each.start_s - AROUND_S)),
                      to: String(each.end_s + AROUND_S),
                    })
                  }
                >
                  {minutes(each.start_s)}
                </button>{" "}
                <SeverityMark severity={each.severity} /> {each.algorithm}{" "}
                <span className="dim">
                  {each.detail}, for {seconds(each.end_s - each.start_s)}
                </span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {parameters.error && <Alert>{parameters.error.message}</Alert>}
      {parameters.data && (
        <Choice
          parameters={parameters.data}
          add={(name) => !chosen.includes(name) && show([...chosen, name], span)}
          whole={span.from || span.to ? () => show(chosen, { from: "", to: "" }) : null}
        />
      )}
      {width > 0 &&
        chosen.map((name) => (
          <Pane
            key={name}
            recording={recording}
            parameter={name}
            span={span}
            width={width}
            findings={findings}
            zoom={(to) => show(chosen, to)}
            remove={() => show(chosen.filter((each) => each !== name), span)}
          />
        ))}
    </div>
  );
}

function addressOf(address: URL, names: string[], span: Span): string {
  const query = new URLSearchParams(names.map((name) => ["p", name]));
  if (span.from) query.set("from", span.from);
  if (span.to) query.set("to", span.to);
  const text = query.toString();
  return address.pathname + (text ? `?${text}` : "");
}

function Head({ history }: { history: RecordingHistory }) {
  return (
    <>
      <h1>
        {history.tail} <span className="count">{history.arrival_day}</span>
      </h1>
      <p className="dim">
        {history.archive} / {history.member}, {history.recorder}
        {history.layout && `, ${history.layout}`}, <code>{history.recording.slice(0, 12)}</code>
      </p>
      <ol className="way" aria-label="Stages">
        {history.stages.map((each) => (
          <li key={each.stage} className={each.state} title={each.detail ?? ""}>
            {WORDS[each.state] ?? "?"} <b>{each.stage}</b> {each.state}
            {each.reason && `: ${each.reason}`}
          </li>
        ))}
      </ol>
    </>
  );
}

const WORDS: Record<string, string> = { done: "✓", quarantined: "×", written_off: "–", running: "»", waiting: "…" };

interface ChoiceProps {
  parameters: RecordedParameter[];
  add: (name: string) => void;
  whole: (() => void) | null;
}

function Choice({ parameters, add, whole }: ChoiceProps) {
  const numbers = useMemo(() => parameters.filter((each) => !each.is_text), [parameters]);
  const [text, setText] = useState("");
  const enter = (value: string) => {
    const isKnown = numbers.some((each) => each.name === value);
    if (isKnown) add(value);
    setText(isKnown ? "" : value);
  };
  return (
    <form className="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        Add a parameter ({numbers.length})
        <input list="parameters" size={36} value={text} onChange={(event) => enter(event.target.value)} />
      </label>
      <datalist id="parameters">
        {numbers.map((each) => (
          <option key={each.name} value={each.name}>
            {[each.unit, each.describes].filter(Boolean).join(" · ")}
          </option>
        ))}
      </datalist>
      {whole && <button onClick={whole}>Whole recording</button>}
      <span className="dim">Drag over a plot to zoom.</span>
    </form>
  );
}

/** Width inside of a pane, followed as the window changes. */
function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!box.current) return;
    const watcher = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width) - PANE_PADDING);
    });
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return [box, width];
}

const PANE_PADDING = 40;
