/** Algorithms that apply to an aircraft, and the parameters that each of the others lacks. */
import type { AircraftCoverage, AlgorithmCoverage } from "../api";
import { useData } from "../hooks";
import { Panel } from "../Panel";
import { Alert, Section } from "../parts";

/** Numbers by recorder and layout, such as "12 of 84 algorithms apply". */
export function coverageText(found: AlgorithmCoverage[]): string {
  const numbers = found.map((each) => `${each.applicable} of ${each.algorithms}`);
  return numbers.length ? `${numbers.join(", ")} algorithms apply` : "";
}

export const isSilent = (found: AlgorithmCoverage[]) =>
  found.some((each) => each.applicable === 0);

export function CoveragePanel({ tail }: { tail: string }) {
  const loaded = useData<AircraftCoverage>(`/fleet/${encodeURIComponent(tail)}/coverage`);
  return (
    <Panel name="aircraft" label={`Algorithms of ${tail}`}>
      <h2>{tail}: algorithms</h2>
      {loaded.error && <Alert>{loaded.error.message}</Alert>}
      {loaded.data?.coverage.map((each) => (
        <Lacking key={`${each.recorder} ${each.layout}`} found={each} />
      ))}
    </Panel>
  );
}

function Lacking({ found }: { found: AlgorithmCoverage }) {
  const lacking = Object.entries(found.lacking ?? {});
  const reasons = Object.entries(found.reasons ?? {});
  const kind = [found.recorder, found.layout].filter(Boolean).join(", ");
  return (
    <Section title={kind} count={coverageText([found])}>
      <p className="dim">By the recordings that arrived on {found.arrival_day}.</p>
      {lacking.length + reasons.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Does not apply</th>
              <th>Lacks</th>
            </tr>
          </thead>
          <tbody>
            {lacking.map(([algorithm, parameters]) => (
              <tr key={algorithm}>
                <td>{algorithm}</td>
                <td>{parameters.join(", ")}</td>
              </tr>
            ))}
            {reasons.map(([algorithm, reason]) => (
              <tr key={algorithm}>
                <td>{algorithm}</td>
                <td className="dim">{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
