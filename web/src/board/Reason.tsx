/** Reason for the status of one process: evidence, remedy, and what the caller may do. */
import { serverNowMs } from "../api";
import type { Explanation, Incident, Process, QuarantinedItem, Session } from "../api";
import { clock, spoken } from "../format";
import { useData, useNow, withQuery, type Loaded } from "../hooks";
import { Annotations } from "../annotations/Annotations";
import { Panel } from "../Panel";
import { Alert, Link, Section, StatusMark } from "../parts";
import { Action } from "../Action";
import { IncidentActions } from "../incidents/IncidentActions";
import { stateText } from "../incidents/words";
import { evidenceText } from "./evidence";

const MAX_ITEMS = 20;

interface ReasonProps {
  process: Process;
  address: URL;
  session: Session | null;
  incidents: Loaded<Incident[]>;
  refresh: () => void;
  at: string;
}

export function Reason({ process, address, session, incidents, refresh, at }: ReasonProps) {
  const now = useNow();
  const explained = useData<Explanation>(`/explain/${process.name}`, at ? 0 : 10, { at });
  const reload = () => {
    explained.refresh();
    incidents.refresh();
    refresh();
  };
  const reason = explained.data;
  const page = session?.dagster_pages[process.name];
  return (
    <Panel name="process" label={`Reason of ${spoken(process.name)}`}>
      <h2>
        {spoken(process.name)} <StatusMark status={process.status} />
      </h2>
      <p className="dim">{process.describes}</p>
      <p className="big">{process.reason}</p>
      {process.since && <p>Since {clock(process.since, now)}.</p>}
      {explained.error && <Alert>{explained.error.message}</Alert>}
      {process.blocked_by?.map((name) => (
        <p key={name}>
          Waits for <Link to={withQuery(address, { process: name })}>{spoken(name)}</Link>, where the
          cause is.
        </p>
      ))}
      {reason && <Why reason={reason} />}
      {session && !session.may_operate && (
        <p className="dim">Actions need a key with scope operate.</p>
      )}
      {session?.may_operate && (
        <Actions process={process} incidents={incidents} reload={reload} />
      )}
      <Annotations query={{ process: process.name }} path={`/processes/${process.name}`} session={session} />
      <p className="links">
        {page && <a href={page}>Open in Dagster</a>}
        <a href={`/api/v1/explain/${process.name}`}>as JSON</a>
      </p>
    </Panel>
  );
}

function Why({ reason }: { reason: Explanation }) {
  const failing = reason.checks ?? [];
  return (
    <>
      {failing.length > 0 && (
        <Section title="Checks" count={failing.length}>
          <ul className="checks">
            {failing.map((check) => (
              <li key={check.name}>
                <StatusMark status={check.status} /> <b>{check.name}</b> {check.detail}
                <span className="dim"> {check.describes}</span>
              </li>
            ))}
          </ul>
        </Section>
      )}
      {reason.evidence && reason.evidence.length > 0 && (
        <Section title="Evidence" count={reason.evidence.length}>
          <ul className="evidence">
            {reason.evidence.map((item, index) => (
              <li key={index}>{evidenceText(item)}</li>
            ))}
          </ul>
        </Section>
      )}
      {(reason.steps?.length || reason.commands?.length) && (
        <Section title="Remedy">
          <ol>
            {reason.steps?.map((step) => <li key={step}>{step}</li>)}
          </ol>
          {reason.commands?.map((command) => (
            <pre key={command}>
              <code>{command}</code>
            </pre>
          ))}
        </Section>
      )}
    </>
  );
}

function Actions({
  process,
  incidents,
  reload,
}: {
  process: Process;
  incidents: Loaded<Incident[]>;
  reload: () => void;
}) {
  const open = (incidents.data ?? []).filter((each) => each.problem.process === process.name);
  return (
    <Section title="Actions">
      {!process.external && (
        <Action
          name="Re-run"
          label="Reason"
          path="/rerun"
          body={(reason) => ({ stage: process.name, reason })}
          done={(result: { items: number }) => `${result.items} queued`}
          reload={reload}
        />
      )}
      {open.map((each) => (
        <div className="item" key={each.id}>
          <p>
            <Link to={`/incidents?incident=${each.id}`}>Incident #{each.id}</Link>{" "}
            {spoken(each.problem.check)}, <b>{stateText(each, serverNowMs())}</b>
          </p>
          <IncidentActions incident={each} reload={reload} />
        </div>
      ))}
      {!process.external && <Quarantine stage={process.name} reload={reload} />}
    </Section>
  );
}

function Quarantine({ stage, reload }: { stage: string; reload: () => void }) {
  const items = useData<QuarantinedItem[]>("/quarantine", 20, { stage });
  const refresh = () => {
    items.refresh();
    reload();
  };
  const all = items.data ?? [];
  return (
    <>
      {items.error && <Alert>Quarantine: {items.error.message}</Alert>}
      {all.slice(0, MAX_ITEMS).map((each) => (
        <div className="item" key={each.id}>
          <p>
            <b>{each.reason}</b> {each.tail} {each.archive} <code>{each.id.slice(0, 12)}</code>
          </p>
          <Action
            name="Replay"
            label="Reason"
            path={`/quarantine/${each.id}/replay`}
            body={(reason) => ({ reason })}
            done={(result: { changed: number }) => `${result.changed} queued`}
            reload={refresh}
          />
          <Action
            name="Write off"
            label="Reason"
            path={`/quarantine/${each.id}/write-off`}
            body={(reason) => ({ reason })}
            done={(result: { changed: number }) => `${result.changed} written off`}
            reload={refresh}
          />
        </div>
      ))}
      {all.length > MAX_ITEMS && <p className="dim">and {all.length - MAX_ITEMS} more</p>}
    </>
  );
}
