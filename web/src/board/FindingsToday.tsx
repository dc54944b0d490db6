/** Findings of the current UTC day: how many of each severity, and the newest alerts. */
import type { FindingPage } from "../api";
import { SEVERITIES, SeverityMark } from "../findings/severity";
import { clock } from "../format";
import { useData } from "../hooks";
import { Alert, Link, Section } from "../parts";

const POLL_S = 60;
const MAX_SHOWN = 4;

export function FindingsToday({ now }: { now: number }) {
  const day = new Date(now).toISOString().slice(0, 10);
  const since = { from_at: `${day}T00:00:00Z`, limit: MAX_SHOWN };
  const alerts = useData<FindingPage>("/findings", POLL_S, { ...since, severity: "alert" });
  const warnings = useData<FindingPage>("/findings", POLL_S, { ...since, severity: "warning" });
  const infos = useData<FindingPage>("/findings", POLL_S, { ...since, severity: "info" });
  const pages = [alerts, warnings, infos];
  const shown = alerts.data?.total ? alerts.data.findings : (warnings.data?.findings ?? []);
  return (
    <Section title="Findings today">
      {alerts.error && <Alert>Findings: {alerts.error.message}</Alert>}
      <p className="tallies">
        {SEVERITIES.map((severity, index) => (
          <Link key={severity} to={`/findings?from=${day}&severity=${severity}`}>
            <SeverityMark severity={severity} /> {pages[index]?.data?.total ?? "…"}
          </Link>
        ))}
      </p>
      <ul className="incidents">
        {shown.map((each) => (
          <li key={`${each.recording} ${each.algorithm} ${each.number}`}>
            <b>{each.tail}</b> {each.algorithm}{" "}
            <span className="dim">
              {each.detail}, {clock(each.start_at, now)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
