/** Incidents, ended ones too: filtered by the address, each open at an address of its own. */
import type { Incident, Session } from "../api";
import { clock, dayStart, spoken } from "../format";
import { go, useData, useNow, withQuery } from "../hooks";
import { Alert, Link, StatusMark } from "../parts";
import { IncidentPanel } from "./IncidentPanel";
import { lengthText, stateText } from "./words";

const PAGE = 50;
const POLL_S = 20;
const STATES = ["all", "open", "ended"] as const;

interface IncidentsProps {
  address: URL;
  session: Session | null;
}

export function Incidents({ address, session }: IncidentsProps) {
  const now = useNow();
  const chosen = (name: string) => address.searchParams.get(name) ?? "";
  const query = {
    state: chosen("state") || "all",
    process: chosen("of"),
    from_at: dayStart(chosen("from"), 0),
    to_at: dayStart(chosen("to"), 1),
    before: chosen("before"),
    limit: PAGE,
  };
  const page = useData<Incident[]>("/incidents", POLL_S, query);
  const opened = /^[1-9]\d{0,8}$/.exec(chosen("incident"))?.[0];
  return (
    <div className="page">
      <h1>Incidents</h1>
      <Filters address={address} />
      {page.error && <Alert>{page.error.message}</Alert>}
      {page.data && <Table address={address} incidents={page.data} now={now} />}
      {page.data && <Pager address={address} incidents={page.data} />}
      {opened && (
        <IncidentPanel key={opened} number={opened} session={session} now={now} refresh={page.refresh} />
      )}
    </div>
  );
}

function Filters({ address }: { address: URL }) {
  const value = (name: string) => address.searchParams.get(name) ?? "";
  const set = (name: string, text: string) =>
    go(withQuery(address, { [name]: text, before: "" }), { replace: true });
  const field = (name: string, label: string, type: string) => (
    <label>
      {label}
      <input type={type} value={value(name)} onChange={(event) => set(name, event.target.value.trim())} />
    </label>
  );
  return (
    <form className="filters" onSubmit={(event) => event.preventDefault()} role="search">
      <label>
        State
        <select value={value("state") || "all"} onChange={(event) => set("state", event.target.value)}>
          {STATES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      {field("of", "Process", "text")}
      {field("from", "Open from (UTC day)", "date")}
      {field("to", "to (UTC day)", "date")}
      {address.search && <Link to="/incidents">Clear</Link>}
    </form>
  );
}

const HEADINGS = ["Incident", "Start", "End", "Length", "What was red", "State", "Acknowledged"];

interface TableProps {
  address: URL;
  incidents: Incident[];
  now: number;
}

function Table({ address, incidents, now }: TableProps) {
  if (!incidents.length) return <p className="dim">No incident matches.</p>;
  return (
    <div className="scroll">
      <table className="stacked">
        <thead>
          <tr>
            {HEADINGS.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {incidents.map((each) => (
            <Row key={each.id} address={address} incident={each} now={now} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ address, incident, now }: { address: URL; incident: Incident; now: number }) {
  const { problem } = incident;
  const tails = problem.tails ?? [];
  return (
    <tr>
      <td className="nowrap">
        <Link to={withQuery(address, { incident: String(incident.id) })}>
          <b>#{incident.id}</b> {spoken(problem.process)}
        </Link>
      </td>
      <td className="nowrap" data-label="Start">
        {clock(incident.opened_at, now)}
      </td>
      <td className="nowrap" data-label="End">
        {incident.closed_at ? clock(incident.closed_at, now) : <b>open</b>}
      </td>
      <td className="nowrap" data-label="Length">
        {lengthText(incident, now)}
      </td>
      <td>
        <StatusMark status={problem.severity === "error" ? "FAILED" : "WARNING"} />{" "}
        <b>{spoken(problem.check)}</b>
        <div className="dim">
          {problem.detail || problem.cause}
          {tails.length > 0 && ` · ${aircraft(tails)}`}
        </div>
      </td>
      <td data-label="State">{stateText(incident, now)}</td>
      <td data-label="Acknowledged">{incident.acknowledged_by || <span className="dim">no</span>}</td>
    </tr>
  );
}

const aircraft = (tails: string[]) =>
  tails.length > 3 ? `${tails.length} aircraft` : tails.join(", ");

function Pager({ address, incidents }: { address: URL; incidents: Incident[] }) {
  const last = incidents.at(-1);
  const isPaged = address.searchParams.get("before") !== null;
  return (
    <p className="pager">
      <span role="status">
        {incidents.length} shown{incidents.length === PAGE ? ", there may be older ones" : ""}
      </span>
      {isPaged && <Link to={withQuery(address, { before: "" })}>Newest</Link>}
      {last && incidents.length === PAGE && (
        <Link to={withQuery(address, { before: String(last.id) })}>Older</Link>
      )}
    </p>
  );
}
