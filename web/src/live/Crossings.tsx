/** Times at which a signal was beyond a limit; each opens the plots around it. */
import type { ApiError, LimitCrossing, LiveLimit } from "../api";
import { duration } from "../format";
import { Alert, Link, Section } from "../parts";
import { withRange } from "./choice";

const MOST_SHOWN = 30;
const LEAST_AROUND_S = 20;

interface CrossingsProps {
  address: URL;
  crossings: readonly LimitCrossing[];
  error: ApiError | null;
  limits: readonly LiveLimit[];
  now: number;
}

export function Crossings({ address, crossings, error, limits, now }: CrossingsProps) {
  const day = new Date(now).toISOString().slice(0, 10);
  const time = (at: string) => `${at.slice(0, 10) === day ? "" : `${at.slice(0, 10)} `}${at.slice(11, 19)}Z`;
  return (
    <Section title="Limits crossed" count={crossings.length}>
      {error && <Alert>Crossings: {error.message}</Alert>}
      {!limits.length && <p className="dim">No limit is declared in live_algorithms.</p>}
      {limits.length > 0 && !crossings.length && <p className="dim">✓ None in this time, of {limits.length} limits.</p>}
      <ul className="incidents">
        {crossings.slice(0, MOST_SHOWN).map((each) => {
          const [from, to] = [Date.parse(each.start_at) / 1000, Date.parse(each.end_at) / 1000];
          const around = Math.max(to - from, LEAST_AROUND_S);
          return (
            <li key={`${each.algorithm} ${each.start_at}`}>
              <span className={`mark severity-${each.severity}`}>! {each.severity}</span>{" "}
              <Link to={withRange(address, from - around, to + around)}>
                <b>{each.algorithm}</b> {time(each.start_at)}
              </Link>
              <span className="dim">
                {" "}
                {each.is_open ? "to now" : `to ${time(each.end_at)}`}, {duration(to - from)}
                {each.peak != null ? `, peak ${Number(each.peak.toPrecision(5))}` : ""}
              </span>
            </li>
          );
        })}
      </ul>
      {crossings.length > MOST_SHOWN && <p className="dim">and {crossings.length - MOST_SHOWN} more</p>}
    </Section>
  );
}
