/** What changed between two times: processes, incidents, recordings and findings, in words. */
import type { HealthStatus, Incident, Process, Status, WorkBetween } from "../api";
import { SEVERITIES } from "../findings/severity";
import { clock, duration, spoken } from "../format";
import { go, useData, useNow, withQuery } from "../hooks";
import { lengthText, stateText } from "../incidents/words";
import { Alert, Link, Section, StatusMark } from "../parts";
import { WORST_FIRST } from "./bars";
import { isTime, TimeField } from "../TimeField";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const PRESETS = [
  ["last hour", HOUR_MS],
  ["last 24 hours", 24 * HOUR_MS],
  ["last 7 days", 7 * 24 * HOUR_MS],
] as const;

const RANKS: readonly Status[] = [...WORST_FIRST, "UNKNOWN"];

export function Compare({ address }: { address: URL }) {
  const now = useNow();
  const minute = new Date(Math.floor(now / MINUTE_MS) * MINUTE_MS).toISOString();
  const chosen = (name: string) => {
    const text = address.searchParams.get(name) ?? "";
    return isTime(text) ? new Date(text).toISOString() : "";
  };
  const after = chosen("after") || minute;
  const before = chosen("before") || new Date(Date.parse(after) - 24 * HOUR_MS).toISOString();
  const isOrdered = Date.parse(before) < Date.parse(after);
  return (
    <div className="page">
      <h1>What changed</h1>
      <Times address={address} before={before} after={after} now={now} />
      {isOrdered ? (
        <Differences before={before} after={after} now={now} />
      ) : (
        <Alert>The first time must be before the second.</Alert>
      )}
    </div>
  );
}

interface RangeProps {
  before: string;
  after: string;
  now: number;
}

function Times({ address, before, after, now }: RangeProps & { address: URL }) {
  const set = (changes: Record<string, string>) => go(withQuery(address, changes), { replace: true });
  return (
    <form className="filters" onSubmit={(event) => event.preventDefault()}>
      <TimeField
        label="From (UTC)"
        value={before}
        onChange={(at) => set({ before: at, after })}
        max={now}
      />
      <TimeField label="To (UTC)" value={after} onChange={(at) => set({ before, after: at })} max={now} />
      {PRESETS.map(([name, lengthMs]) => (
        <button
          key={name}
          className="quiet"
          onClick={() => {
            const endMs = Math.floor(now / MINUTE_MS) * MINUTE_MS;
            const start = new Date(endMs - lengthMs).toISOString();
            set({ before: start, after: new Date(endMs).toISOString() });
          }}
        >
          {name}
        </button>
      ))}
    </form>
  );
}

function Differences({ before, after, now }: RangeProps) {
  const was = useData<HealthStatus>("/status", 0, { at: before });
  const is = useData<HealthStatus>("/status", 0, { at: after });
  const query = { state: "all", from_at: before, to_at: after, limit: 100 };
  const incidents = useData<Incident[]>("/incidents", 0, query);
  const work = useData<WorkBetween>("/changes/work", 0, { before, after });
  const error = was.error ?? is.error ?? incidents.error ?? work.error;
  const length = duration((Date.parse(after) - Date.parse(before)) / 1000);
  return (
    <>
      {error && <Alert>{error.message}</Alert>}
      <p className="pager">
        <span>
          From {clock(before, now)} to {clock(after, now)}, {length}.
        </span>
        <Link to={`/?at=${before}`}>Board at the first</Link>
        <Link to={`/?at=${after}`}>Board at the second</Link>
      </p>
      {was.data && is.data && <Processes was={was.data} is={is.data} />}
      <div className="columns">
        {incidents.data && (
          <Incidents incidents={incidents.data} before={before} after={after} now={now} />
        )}
        {work.data && <Work work={work.data} />}
      </div>
    </>
  );
}

function Processes({ was, is }: { was: HealthStatus; is: HealthStatus }) {
  const earlier = new Map(was.processes?.map((each) => [each.name, each]));
  const later = new Map(is.processes?.map((each) => [each.name, each]));
  const names = [...new Set([...later.keys(), ...earlier.keys()])];
  const isChanged = (name: string) => earlier.get(name)?.status !== later.get(name)?.status;
  const rank = (name: string) => RANKS.indexOf(later.get(name)?.status ?? "UNKNOWN");
  const changed = names.filter(isChanged).sort((one, other) => rank(one) - rank(other));
  const same = names.filter((name) => !isChanged(name));
  return (
    <Section title="Processes" count={`${changed.length} of ${names.length} changed`}>
      {changed.length > 0 && (
        <table className="stacked">
          <thead>
            <tr>
              {["Process", "Was", "Is"].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {changed.map((name) => (
              <tr key={name}>
                <th scope="row" className="nowrap">
                  {spoken(name)}
                </th>
                <td data-label="Was">
                  <State process={earlier.get(name)} absent="was not declared" />
                </td>
                <td data-label="Is">
                  <State process={later.get(name)} absent="is no longer declared" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {same.length > 0 && (
        <ul className="same" aria-label="Unchanged">
          <li className="dim">Unchanged:</li>
          {same.map((name) => (
            <li key={name}>
              {spoken(name)} <StatusMark status={later.get(name)!.status} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function State({ process, absent }: { process: Process | undefined; absent: string }) {
  if (!process) return <span className="dim">{absent}</span>;
  return (
    <>
      <StatusMark status={process.status} /> {process.reason}
    </>
  );
}

function Incidents({ incidents, before, after, now }: RangeProps & { incidents: Incident[] }) {
  const words = (each: Incident) => {
    const opened = each.opened_at > before ? "opened" : "was open";
    const ended = each.closed_at && each.closed_at <= after ? " and ended" : "";
    return opened + ended;
  };
  return (
    <Section title="Incidents" count={incidents.length}>
      {!incidents.length && <p className="dim">None was open.</p>}
      <ul className="incidents">
        {incidents.map((each) => (
          <li key={each.id}>
            <Link to={`/incidents?incident=${each.id}`}>
              <b>
                #{each.id} {spoken(each.problem.process)}
              </b>{" "}
              {spoken(each.problem.check)}
            </Link>{" "}
            {words(each)}
            <div className="dim">
              {clock(each.opened_at, now)}, {lengthText(each, now)}, {stateText(each, now)}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Work({ work }: { work: WorkBetween }) {
  const more = work.is_capped ? " or more" : "";
  const total = Object.values(work.findings).reduce((sum, each) => sum + each, 0);
  const parts = SEVERITIES.filter((each) => work.findings[each]).map(
    (each) => `${work.findings[each]} ${each}`,
  );
  return (
    <Section title="New work">
      <p>
        <b>
          {work.recordings}
          {more}
        </b>{" "}
        {work.recordings === 1 ? "recording" : "recordings"} arrived.
      </p>
      <p>
        <b>
          {total}
          {more}
        </b>{" "}
        {total === 1 ? "finding was" : "findings were"} loaded
        {parts.length ? `: ${parts.join(", ")}` : ""}. <Link to="/findings">All findings</Link>
      </p>
    </Section>
  );
}
