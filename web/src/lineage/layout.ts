/** Places of the nodes of a lineage: one column per kind, in the order that data flow. */
import type { LineageGraph } from "../api";

const COLUMNS: readonly (readonly string[])[] = [
  ["archive", "recorder"],
  ["recording", "layout"],
  ["parameter", "mapping"],
  ["column", "phases"],
  ["algorithm"],
  ["findings", "finding"],
];
export const TITLES = ["archive, recorder", "recording, layout", "parameter, mapping", "column", "algorithm", "findings"];
export const NODE = { width: 262, height: 30, gapX: 54, gapY: 8, top: 34 };

export interface Place {
  node: string;
  kind: string;
  x: number;
  y: number;
}

export interface Drawing {
  width: number;
  height: number;
  places: Map<string, Place>;
  lines: { first: Place; last: Place }[];
}

export function draw(graph: LineageGraph): Drawing {
  const places = new Map<string, Place>();
  let rows = 0;
  COLUMNS.forEach((kinds, index) => {
    const inside = graph.nodes.filter((each) => kinds.includes(each.kind));
    inside.sort((a, b) => a.node.localeCompare(b.node));
    inside.forEach(({ node, kind }, row) => {
      const x = index * (NODE.width + NODE.gapX);
      const y = NODE.top + row * (NODE.height + NODE.gapY);
      places.set(node, { node, kind, x, y });
    });
    rows = Math.max(rows, inside.length);
  });
  const lines = graph.arrows.flatMap((arrow) => {
    const [first, last] = [places.get(arrow.first), places.get(arrow.last)];
    return first && last ? [{ first, last }] : [];
  });
  const width = COLUMNS.length * (NODE.width + NODE.gapX) - NODE.gapX;
  return { width, height: NODE.top + rows * (NODE.height + NODE.gapY), places, lines };
}

/** A line from the right side of one node to the left side of another. */
export function curve(first: Place, last: Place): string {
  const [x1, y1] = [first.x + NODE.width, first.y + NODE.height / 2];
  const [x2, y2] = [last.x, last.y + NODE.height / 2];
  const bend = Math.max(30, (x2 - x1) / 2);
  return `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`;
}
