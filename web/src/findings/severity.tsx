/** Severities of findings: a symbol and a word beside the colour. */
export type Severity = "alert" | "warning" | "info";

const SYMBOLS: Record<Severity, string> = { alert: "▲", warning: "!", info: "i" };
export const SEVERITIES = Object.keys(SYMBOLS) as Severity[];

export function SeverityMark({ severity }: { severity: string }) {
  const symbol = SYMBOLS[severity as Severity] ?? "?";
  return (
    <span className={`mark severity-${severity}`}>
      <span aria-hidden="true">{symbol}</span> {severity}
    </span>
  );
}
