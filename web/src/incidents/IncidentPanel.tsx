/** One incident: what was red, since when, which aircraft, what people did, and what they may do. */
import type { AuditEntry, Evidence, Incident, Session } from "../api";
import { clock, spoken } from "../format";
import { useData } from "../hooks";
import { Annotations } from "../annotations/Annotations";
import { Panel } from "../Panel";
import { Alert, Link, Section } from "../parts";
import { IncidentActions } from "./IncidentActions";
import { isMuted, lengthText, stateText } from "./words";
import { evidenceText } from "../board/evidence";

const POLL_S = 20;
const MAX_EXAMPLES = 5;
const MINUTE_MS = 60_000;

interface IncidentPanelProps {
  number: string;
  session: Session | null;
  now: number;
  refresh: () => void;
}

export function IncidentPanel({ number, session, now, refresh }: IncidentPanelProps) {
  const loaded = useData<Incident>(`/incidents/${number}`, POLL_S);
  const actions = useData<AuditEntry[]>("/audit", POLL_S, { subject: `incident ${number}` });
  const reload = () => {
    loaded.refresh();
    actions.refresh();
    refresh();
  };
  const incident = loaded.data;
  return (
    <Panel name="incident" label={`Incident ${number}`}>
      {loaded.error && <Alert>{loaded.error.message}</Alert>}
      {incident && <Facts incident={incident} now={now} />}
      {incident && !incident.closed_at && session?.may_operate && (
        <Section title="Actions">
          <IncidentActions incident={incident} reload={reload} />
        </Section>
      )}
      {incident && !incident.closed_at && session && !session.may_operate && (
        <p className="dim">Actions need a key with scope operate.</p>
      )}
      <Annotations query={{ incident: number }} path={`/incidents/${number}`} session={session} />
      <People entries={actions.data ?? []} now={now} />
      {incident && <Links incident={incident} />}
    </Panel>
  );
}

function Facts({ incident, now }: { incident: Incident; now: number }) {
  const { problem } = incident;
  const rows: [string, string][] = [
    ["Start", clock(incident.opened_at, now)],
    ["End", incident.closed_at ? clock(incident.closed_at, now) : "not yet"],
    ["Length", lengthText(incident, now)],
    ["State", stateText(incident, now)],
    ["Acknowledged", byWhom(incident.acknowledged_by, incident.acknowledged_at, now)],
    ["Severity", problem.severity + (incident.flapping ? ", comes and goes" : "")],
    ["Most failures at once", String(incident.max_failures)],
    ["Aircraft", (problem.tails ?? []).join(", ")],
    ["Arrival days", (problem.days ?? []).join(", ")],
    ["Waited for it", (problem.blocked ?? []).map((each) => spoken(each.process)).join(", ")],
    ["Likely cause", incident.likely_cause ?? ""],
    ["Owner", problem.owner ?? ""],
    ["Last note", incident.note ?? ""],
  ];
  return (
    <>
      <h2>
        #{incident.id} {spoken(problem.process)} · {spoken(problem.check)}
      </h2>
      <p className="big">{problem.detail || problem.cause}</p>
      <p className="dim">{problem.describes}</p>
      <dl className="facts">
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {isMuted(incident) && (
        <p>
          Ticket: <a href={incident.mute_ticket}>{incident.mute_ticket}</a>
        </p>
      )}
      <Examples examples={problem.examples ?? []} />
    </>
  );
}

const byWhom = (who: string | undefined, at: string | null | undefined, now: number) =>
  who ? `by ${who}, ${clock(at, now)}` : "by no person";

function Examples({ examples }: { examples: Evidence[] }) {
  if (!examples.length) return null;
  return (
    <Section title="Evidence" count={examples.length}>
      <ul className="evidence">
        {examples.slice(0, MAX_EXAMPLES).map((item, index) => (
          <li key={index}>{evidenceText(item)}</li>
        ))}
      </ul>
    </Section>
  );
}

function People({ entries, now }: { entries: AuditEntry[]; now: number }) {
  if (!entries.length) return null;
  return (
    <Section title="What people did" count={entries.length}>
      <ul className="evidence">
        {entries.map((each) => (
          <li key={each.id}>
            <b>{each.operator}</b> {spoken(each.action)}
            {each.reason && `: ${each.reason}`}{" "}
            <span className="dim">
              {clock(each.at, now)}, {each.origin}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Links({ incident }: { incident: Incident }) {
  const before = new Date(Date.parse(incident.opened_at) - MINUTE_MS).toISOString();
  const after = incident.closed_at
    ? new Date(Date.parse(incident.closed_at) + MINUTE_MS).toISOString()
    : "";
  return (
    <p className="links">
      <Link to={`/?process=${incident.problem.process}`}>The process now</Link>
      <Link to={`/?at=${encodeURIComponent(incident.opened_at)}`}>Board at its start</Link>
      <Link to={`/compare?before=${before}${after && `&after=${after}`}`}>What changed with it</Link>
    </p>
  );
}
