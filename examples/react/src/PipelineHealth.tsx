/** Pipeline health as one component: diagram and status table, live by server-sent events. */
import { useCallback, useEffect, useRef, useState } from "react";

export type Status = "FAILED" | "BLOCKED" | "WARNING" | "STALE" | "UNKNOWN" | "RUNNING" | "HEALTHY";

export interface Process {
  name: string;
  status: Status;
  since: string | null;
  reason: string;
  describes: string;
  counts: { incoming: number; done: number; quarantined: number } | null;
}

export interface Report {
  at: string;
  status: Status;
  ledger_error: string;
  processes: Process[];
}

const LOOK: Record<Status, { symbol: string; fill: string; ink: string }> = {
  FAILED: { symbol: "×", fill: "#cf222e", ink: "#fff" },
  BLOCKED: { symbol: "‖", fill: "#57606a", ink: "#fff" },
  WARNING: { symbol: "!", fill: "#ffd33d", ink: "#24292f" },
  STALE: { symbol: "~", fill: "#d8dee4", ink: "#24292f" },
  UNKNOWN: { symbol: "?", fill: "#f6f8fa", ink: "#24292f" },
  RUNNING: { symbol: "»", fill: "#0969da", ink: "#fff" },
  HEALTHY: { symbol: "✓", fill: "#1a7f37", ink: "#fff" },
};
const ORDER = Object.keys(LOOK) as Status[];

export const worstFirst = (processes: Process[]) =>
  [...processes].sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));

const isOld = (report: Report) => Date.now() - Date.parse(report.at) > 30_000;

function StatusMark({ status }: { status: Status }) {
  const { symbol, fill, ink } = LOOK[status];
  const style = { background: fill, color: ink, padding: "0 .4rem", borderRadius: 4 };
  return <span style={style}>{`${symbol} ${status}`}</span>;
}

/** Diagram rendered from Mermaid text; the library is loaded only when it is needed. */
function Diagram({ text }: { text: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isCurrent = true;
    void import("mermaid").then(async ({ default: mermaid }) => {
      mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
      const { svg } = await mermaid.render("dataflow-health", text);
      if (isCurrent && place.current) place.current.innerHTML = svg;
    });
    return () => {
      isCurrent = false;
    };
  }, [text]);
  return <div ref={place} role="img" aria-label="The pipeline" />;
}

export function PipelineHealth({ api = "/api/v1", everySeconds = 15 }: { api?: string; everySeconds?: number }) {
  const [report, setReport] = useState<Report | null>(null);
  const [diagram, setDiagram] = useState("");
  const [problem, setProblem] = useState("");
  const [every, setEvery] = useState(everySeconds);

  const refresh = useCallback(async () => {
    try {
      const [status, drawn] = await Promise.all([fetch(`${api}/status`), fetch(`${api}/diagram`)]);
      if (!status.ok || !drawn.ok) throw new Error(`HTTP ${status.status}`);
      setReport(((await status.json()) as { data: Report }).data);
      setDiagram(await drawn.text());
      setProblem("");
    } catch (error) {
      setProblem(`The API does not respond: ${(error as Error).message}`);
    }
  }, [api]);

  useEffect(() => {
    void refresh();
    if (every === 0) return;
    const timer = setInterval(() => void refresh(), every * 1000);
    return () => clearInterval(timer);
  }, [refresh, every]);

  useEffect(() => {
    const events = new EventSource(`${api}/events`); // reconnects and resumes automatically
    events.addEventListener("status_change", () => void refresh());
    return () => events.close();
  }, [api, refresh]);

  return (
    <main style={{ font: "15px/1.4 system-ui, sans-serif", maxWidth: 1200, margin: "1rem auto" }}>
      <h1>Dataflow Health {report && <StatusMark status={report.status} />}</h1>
      <button onClick={() => void refresh()}>Refresh</button>{" "}
      <label>
        every{" "}
        <select value={every} onChange={(event) => setEvery(Number(event.target.value))}>
          {[0, 5, 15, 60].map((s) => (
            <option key={s} value={s}>{s ? `${s} s` : "never"}</option>
          ))}
        </select>
      </label>
      {problem && <p role="alert">{problem}. Last update: {report?.at ?? "never"}.</p>}
      {report?.ledger_error && <p role="alert">The ledger is unreachable: {report.ledger_error}</p>}
      {report && isOld(report) && <p role="alert">Data is old: last update {report.at}.</p>}
      {report && (
        <table style={{ borderSpacing: "1rem .2rem", textAlign: "left" }}>
          <thead>
            <tr>{["process", "status", "since", "in", "done", "reason"].map((n) => <th key={n}>{n}</th>)}</tr>
          </thead>
          <tbody>
            {worstFirst(report.processes).map((each) => (
              <tr key={each.name} title={each.describes}>
                <td>{each.name}</td>
                <td><StatusMark status={each.status} /></td>
                <td>{each.since?.slice(0, 16).replace("T", " ")}</td>
                <td>{each.counts?.incoming}</td>
                <td>{each.counts?.done}</td>
                <td>{each.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {diagram && <Diagram text={diagram} />}
    </main>
  );
}
