/** What a view leaves out, counted in words: a view hides nothing that failed. */
import type { FleetReadiness, HealthStatus, Incident, SavedView, Status } from "../api";
import { spoken } from "../format";
import { useData } from "../hooks";
import { Link, StatusMark } from "../parts";
import { isChosen } from "./glob";
import { SECTIONS, SECTION_TITLES, type SectionName } from "./views";

const POLL_S = 20;
const WORST: readonly Status[] = ["FAILED", "BLOCKED", "WARNING", "STALE", "UNKNOWN", "RUNNING", "HEALTHY"];
const MOST_NAMES = 6;

interface LeftOutProps {
  view: SavedView;
  report: HealthStatus;
  incidents: readonly Incident[];
  /** Whether another time is shown: aircraft and findings are of now, and left out by no view. */
  isPast: boolean;
}

export function LeftOut({ view, report, incidents, isPast }: LeftOutProps) {
  const fleet = useData<FleetReadiness>(isPast ? null : "/fleet/ready", POLL_S);
  const layout = view.layout ?? SECTIONS;
  const isOut = (section: SectionName) => !layout.includes(section);
  const processes = (report.processes ?? []).filter(
    (each) => isOut(each.external ? "outside" : "stages") || !isChosen(view.processes ?? [], each.name),
  );
  const aircraft = (fleet.data?.aircraft ?? []).filter(
    (each) => isOut("aircraft") || !isChosen(view.aircraft ?? [], each.tail),
  );
  const hidden = incidents.filter(
    (each) => isOut("incidents") || !isChosen(view.processes ?? [], each.problem.process),
  );
  const waiting = aircraft.filter((each) => !each.ready);
  const hasNoFindings = isOut("findings") && !isPast;
  if (!processes.length && !aircraft.length && !hidden.length && !hasNoFindings) return null;
  return (
    <p className="left-out" role="note" aria-label="Left out by this view">
      <b>Not in this view:</b>
      {processes.length > 0 && (
        <span>
          {processes.length} {processes.length === 1 ? "process" : "processes"}: <ByStatus processes={processes} />
        </span>
      )}
      {aircraft.length > 0 && (
        <span>
          {aircraft.length} aircraft, {waiting.length} not ready
        </span>
      )}
      {hidden.length > 0 && (
        <span>
          {hidden.length} open {hidden.length === 1 ? "incident" : "incidents"}
        </span>
      )}
      {hasNoFindings && <span>{SECTION_TITLES.findings.toLowerCase()}</span>}
      <Link to="/">Show everything</Link>
    </p>
  );
}

function ByStatus({ processes }: { processes: readonly { name: string; status: Status }[] }) {
  return WORST.map((status) => {
    const same = processes.filter((each) => each.status === status);
    if (!same.length) return null;
    const isCalm = status === "HEALTHY" || status === "RUNNING";
    const names = same.slice(0, MOST_NAMES).map((each) => spoken(each.name)).join(", ");
    const more = same.length > MOST_NAMES ? ` and ${same.length - MOST_NAMES} more` : "";
    return (
      <span key={status}>
        <StatusMark status={status} text={`${same.length} ${status}`} /> {isCalm ? "" : `${names}${more}`}{" "}
      </span>
    );
  });
}
