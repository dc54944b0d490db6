/** The board: every process, aircraft and open incident on one screen, causes in red. */
import { useRef } from "react";
import type { FleetHealth, FleetReadiness, HealthStatus, Incident, Process, Session } from "../api";
import { breakable, clock, duration, secondsSince, spoken } from "../format";
import { go, useData, useNow, withQuery, type Loaded } from "../hooks";
import { Alert, Link, Section, StatusMark, SYMBOLS } from "../parts";
import { CoveragePanel, coverageText, isSilent } from "./Coverage";
import { lengthText, stateText } from "../incidents/words";
import { FindingsToday } from "./FindingsToday";
import { Reason } from "./Reason";
import { ago, TimeSlider } from "./TimeSlider";
import { isChosen } from "../views/glob";
import { LeftOut } from "../views/LeftOut";
import { useView, ViewChooser, ViewTitle } from "../views/ViewBar";
import { ViewEditor } from "../views/ViewEditor";
import { EVERYTHING, grouped, OF_NOW, SECTIONS } from "../views/views";

const SLOW_POLL_S = 20;
const COVERAGE_POLL_S = 60;
const OLD_S = 30;
const MAX_CAUSES = 3;
const MAX_AIRCRAFT = 40;
const MAX_INCIDENTS = 6;

interface BoardProps {
  address: URL;
  status: Loaded<HealthStatus>;
  session: Session | null;
}

export function Board({ address, status, session }: BoardProps) {
  const now = useNow();
  const at = pastTime(address, now);
  const asked: Record<string, string> = at
    ? { state: "all", from_at: at, to_at: at }
    : { state: "open" };
  const incidents = useData<Incident[]>("/incidents", SLOW_POLL_S, asked);
  const past = useData<HealthStatus>(at ? "/status" : null, SLOW_POLL_S, { at });
  const isKiosk = address.searchParams.get("kiosk") === "1";
  const saved = useView(address);
  const view = saved.data?.view ?? EVERYTHING;
  const shown = at ? past : status;
  const last = useRef<HealthStatus | null>(null);
  last.current = shown.data ?? last.current; // stays while another time is read, or keys lose focus
  const report = last.current;
  if (report === null) return <Connecting status={shown} />;
  const reportNow = at ? Date.parse(report.at) : now;
  const layout = view.layout ?? SECTIONS;
  const isShown = (process: string) => isChosen(view.processes ?? [], process);
  const cards = { address, report, isShown, now: reportNow };
  const parts = {
    stages: <Processes key="stages" {...cards} isOutside={false} />,
    outside: <Processes key="outside" {...cards} isOutside />,
    aircraft: <Aircraft key="aircraft" address={address} now={now} patterns={view.aircraft ?? []} />,
    incidents: <Incidents key="incidents" address={address} incidents={incidents} now={now} at={at} isShown={isShown} />,
    findings: <FindingsToday key="findings" now={now} />,
  };
  const tail = address.searchParams.get("aircraft");
  const opened = report.processes?.find((each) => each.name === address.searchParams.get("process"));
  return (
    <div className={`board${at ? " past" : ""}${saved.data ? " viewed" : ""}`} aria-busy={shown.data === null}>
      {at && <Past address={address} at={at} now={now} />}
      <Headline report={report} status={shown} now={reportNow} />
      <ViewTitle address={address} view={saved} />
      {saved.data && <LeftOut view={view} report={report} incidents={incidents.data ?? []} isPast={Boolean(at)} />}
      {grouped(at ? layout.filter((each) => !OF_NOW.includes(each)) : layout).map((group) => (
        <div key={group.flat().join()} className={group.length > 1 ? "columns" : "group"}>
          {group.map((column) => (
            <div key={column[0]} className="stack">
              {column.map((section) => parts[section])}
            </div>
          ))}
        </div>
      ))}
      {!isKiosk && (
        <div className="board-bar">
          <TimeSlider address={address} at={at} now={now} />
          <ViewChooser address={address} session={at ? null : session} />
        </div>
      )}
      {address.searchParams.has("edit") && !opened && !at && (
        <ViewEditor key={address.searchParams.get("edit")} address={address} report={report} refresh={saved.refresh} />
      )}
      {tail && !opened && !at && <CoveragePanel key={tail} tail={tail} />}
      {opened && (
        <Reason
          process={opened}
          address={address}
          session={at ? null : session}
          incidents={incidents}
          refresh={status.refresh}
          at={at}
        />
      )}
    </div>
  );
}

/** Time of the address, if it is one of the past; else empty, for now. */
function pastTime(address: URL, now: number): string {
  const at = address.searchParams.get("at") ?? "";
  return Date.parse(at) < now ? new Date(at).toISOString() : "";
}

function Past({ address, at, now }: { address: URL; at: string; now: number }) {
  return (
    <div className="past-bar" role="status">
      <b>◷ This is the past: {clock(at, now)}</b> <span>{ago(at, now)}; nothing below is of now.</span>{" "}
      <Link to={`/compare?before=${at}`}>What changed since</Link>
      <button onClick={() => go(withQuery(address, { at: "", process: "" }), { replace: true })}>
        Back to now
      </button>
    </div>
  );
}

function Connecting({ status }: { status: Loaded<HealthStatus> }) {
  if (!status.error) return <p className="headline UNKNOWN">Reading the status …</p>;
  return (
    <div role="alert">
      <h1 className="headline gone">
        ! NO CONNECTION <small>The API gives no status: {status.error.message}. Trying again.</small>
      </h1>
    </div>
  );
}

/** One line across the screen: the connection, else the failed processes, else the worst status. */
interface HeadlineProps {
  report: HealthStatus;
  status: Loaded<HealthStatus>;
  now: number;
}

function Headline({ report, status, now }: HeadlineProps) {
  const ageS = secondsSince(report.at, now);
  if (status.error) {
    return (
      <div role="alert">
        <h1 className="headline gone">
          ! NO CONNECTION{" "}
          <small>
            {status.error.message}. Shown below: the state {duration(ageS)} ago,{" "}
            {clock(report.at, now)}.
          </small>
        </h1>
      </div>
    );
  }
  if (ageS > OLD_S) {
    return (
      <div role="alert">
        <h1 className="headline gone">
          ! OLD DATA <small>The API answers, but evaluated last {duration(ageS)} ago.</small>
        </h1>
      </div>
    );
  }
  const processes = report.processes ?? [];
  const causes = processes.filter((each) => each.status === "FAILED");
  const blocked = processes.filter((each) => each.status === "BLOCKED").length;
  const names = causes.slice(0, MAX_CAUSES).map((each) => spoken(each.name)).join(", ");
  const more = causes.length > MAX_CAUSES ? ` and ${causes.length - MAX_CAUSES} more` : "";
  return (
    <>
      <div role="status">
        <h1 className={`headline ${report.status}`}>
          {causes.length ? (
            <>
              {SYMBOLS.FAILED} {names}
              {more} FAILED{" "}
              <small>
                {causes.length === 1 ? causes[0]?.reason : ""}
                {blocked ? ` · ${blocked} BLOCKED behind it` : ""}
              </small>
            </>
          ) : (
            <Calm report={report} />
          )}
        </h1>
      </div>
      {report.ledger_error && <Alert>The ledger is unreachable: {report.ledger_error}</Alert>}
      {report.config_errors?.map((error) => <Alert key={error}>Configuration: {error}</Alert>)}
    </>
  );
}

function Calm({ report }: { report: HealthStatus }) {
  const same = (report.processes ?? []).filter((each) => each.status === report.status);
  const names = same.map((each) => spoken(each.name)).join(", ");
  return (
    <>
      {SYMBOLS[report.status]} {report.status}{" "}
      <small>{report.status === "HEALTHY" ? `all ${same.length} processes` : names}</small>
    </>
  );
}

interface ProcessesProps {
  address: URL;
  report: HealthStatus;
  now: number;
  isOutside: boolean;
  isShown: (process: string) => boolean;
}

function Processes({ address, report, now, isOutside, isShown }: ProcessesProps) {
  const own = (report.processes ?? []).filter((each) => Boolean(each.external) === isOutside && isShown(each.name));
  return (
    <ol
      className={isOutside ? "processes outside" : "processes stages"}
      aria-label={isOutside ? "Outside the pipeline" : "Stages, in order"}
    >
      {own.map((each) => <Card key={each.name} process={each} address={address} now={now} />)}
    </ol>
  );
}

function Card({ process, address, now }: { process: Process; address: URL; now: number }) {
  const counts = process.counts;
  const isQuiet = process.status === "HEALTHY";
  const held = counts ? (counts.quarantined ?? 0) : 0;
  return (
    <li className={`card ${process.status}`}>
      <Link to={withQuery(address, { process: process.name, aircraft: "" })} title={process.describes}>
        <span className="name">{spoken(process.name)}</span>
        <StatusMark status={process.status} />
        {process.since && (
          <span className="since">
            <span>since {clock(process.since, now)}</span>{" "}
            <span>({duration(secondsSince(process.since, now))})</span>
          </span>
        )}
        {process.blocked_by?.length ? (
          <span className="why">
            ← waits for {process.blocked_by.map(spoken).join(", ")}
            {process.blocked_recordings ? ` (${process.blocked_recordings} recordings)` : ""}
          </span>
        ) : (
          !isQuiet && <span className="why">{breakable(process.reason ?? "")}</span>
        )}
        {counts && (
          <span className="counts">
            {counts.done} of {counts.incoming} done{held ? ` · ${held} in quarantine` : ""}
          </span>
        )}
      </Link>
    </li>
  );
}

function Aircraft({ address, now, patterns }: { address: URL; now: number; patterns: readonly string[] }) {
  const fleet = useData<FleetReadiness>("/fleet/ready", SLOW_POLL_S);
  const health = useData<FleetHealth>("/fleet", COVERAGE_POLL_S);
  const coverage = new Map(health.data?.aircraft.map((each) => [each.tail, each.coverage ?? []]));
  const aircraft = (fleet.data?.aircraft ?? []).filter((each) => isChosen(patterns, each.tail));
  const open = aircraft.filter((each) => !each.ready).length;
  const isRead = fleet.data !== null;
  return (
    <Section title="Aircraft" count={isRead ? `${open} of ${aircraft.length} not ready` : ""}>
      {fleet.error && <Alert>Aircraft: {fleet.error.message}</Alert>}
      {isRead && !aircraft.length && (
        <p className="dim">{patterns.length ? "No aircraft of this view has sent a recording." : "No recording has arrived yet."}</p>
      )}
      <ul className="aircraft">
        {aircraft.slice(0, MAX_AIRCRAFT).map((each) => (
          <li key={each.tail} className={each.ready ? "ready" : "open"} title={each.reason}>
            <b>{each.tail}</b> <span>{each.ready ? "✓ ready" : "! not ready"}</span>
            {each.departs_at && (
              <span className="departs">
                departs {clock(each.departs_at, now)}, in{" "}
                {duration(-secondsSince(each.departs_at, now))}
              </span>
            )}
            {coverage.get(each.tail)?.length ? (
              <Link
                to={withQuery(address, { aircraft: each.tail, process: "" })}
                className={isSilent(coverage.get(each.tail)!) ? "applies silent" : "applies"}
              >
                {coverageText(coverage.get(each.tail)!)}
              </Link>
            ) : null}
          </li>
        ))}
      </ul>
      {aircraft.length > MAX_AIRCRAFT && (
        <p className="dim">and {aircraft.length - MAX_AIRCRAFT} more, all less urgent</p>
      )}
    </Section>
  );
}

function Incidents({
  address,
  incidents,
  now,
  at,
  isShown,
}: {
  address: URL;
  incidents: Loaded<Incident[]>;
  now: number;
  at: string;
  isShown: (process: string) => boolean;
}) {
  const open = (incidents.data ?? []).filter((each) => isShown(each.problem.process));
  return (
    <Section
      title={at ? "Incidents open then" : "Open incidents"}
      count={
        <>
          {incidents.data ? open.length : ""} · <Link to="/incidents">all, ended ones too</Link>
        </>
      }
    >
      {incidents.error && <Alert>Incidents: {incidents.error.message}</Alert>}
      {incidents.data && !open.length && <p className="dim">✓ None.</p>}
      <ul className="incidents">
        {open.slice(0, MAX_INCIDENTS).map((each) => (
          <li key={each.id}>
            <Link to={withQuery(address, { process: each.problem.process })}>
              <b>#{each.id} {spoken(each.problem.process)}</b> {each.problem.check}
              <span className="dim">
                {" "}
                {stateText(each, now)} · {lengthText(each, now)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
      {open.length > MAX_INCIDENTS && <p className="dim">and {open.length - MAX_INCIDENTS} more</p>}
    </Section>
  );
}
