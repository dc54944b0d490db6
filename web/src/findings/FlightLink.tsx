/** A link to the second of a finding in its flight, with the parameters that its algorithm reads. */
import type { MouseEvent, ReactNode } from "react";
import { get, type FindingEntry, type LineageGraph } from "../api";
import { go } from "../hooks";

const AROUND_S = 60;
const MAX_PANES = 4;

export function FlightLink({ finding, children }: { finding: FindingEntry; children: ReactNode }) {
  const from = Math.max(0, finding.start_s - AROUND_S);
  const to = `/recordings/${finding.recording}?from=${from}&to=${finding.end_s + AROUND_S}`;
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void columns(finding.algorithm).then((names) =>
      go([to, ...names.map((name) => `p=${encodeURIComponent(name)}`)].join("&")),
    );
  };
  return (
    <a href={to} onClick={follow} title={`${finding.recording}, at ${finding.start_s} s`}>
      {children}
    </a>
  );
}

/** Columns of the algorithm; none of one that is not declared any more. */
async function columns(algorithm: string): Promise<string[]> {
  const node = `algorithm:${algorithm}`;
  try {
    const graph = await get<LineageGraph>("/lineage", { node, direction: "upstream", depth: "1" });
    const found = graph.nodes.filter((each) => each.kind === "column");
    return found.slice(0, MAX_PANES).map((each) => each.node.slice("column:".length));
  } catch {
    return [];
  }
}
