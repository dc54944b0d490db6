/** Places of the nodes of a lineage: one column per step of the data, empty columns left out. */
import type { LineageGraph } from "../api";

const COLUMNS: readonly (readonly string[])[] = [
  ["archive", "recorder"],
  ["recording", "layout"],
  ["parameter", "mapping"],
  ["column"],
  ["phases"],
  ["algorithm"],
  ["version"],
  ["findings", "finding"],
];
export const NODE = { width: 252, height: 30, gapX: 46, gapY: 8, top: 34 };

/** Half of the thickest line, which is not cut at the edges. */
const EDGE = 4;

/** Kinds of nodes in the order that data flow. */
export const KINDS = COLUMNS.flat();

export interface Place {
  node: string;
  kind: string;
  isRetired: boolean;
  x: number;
  y: number;
}

export interface Drawing {
  width: number;
  height: number;
  titles: { text: string; x: number }[];
  places: Map<string, Place>;
  lines: { first: Place; last: Place }[];
}

/** Places all nodes; the given ones stand first in their columns. */
export function draw(graph: LineageGraph, top: ReadonlySet<string>): Drawing {
  const places = new Map<string, Place>();
  const before = new Map<string, string[]>();
  for (const { first, last } of graph.arrows) before.set(last, [...(before.get(last) ?? []), first]);
  const titles: Drawing["titles"] = [];
  let rows = 0;
  for (const kinds of COLUMNS) {
    const inside = graph.nodes.filter((each) => kinds.includes(each.kind));
    if (!inside.length) continue;
    const x = EDGE + titles.length * (NODE.width + NODE.gapX);
    titles.push({ text: kinds.filter((kind) => inside.some((each) => each.kind === kind)).join(", "), x });
    const height = (node: string) => meanY((before.get(node) ?? []).flatMap((each) => places.get(each) ?? []));
    const heights = new Map(inside.map(({ node }) => [node, height(node)]));
    inside.sort(
      (a, b) =>
        Number(top.has(b.node)) - Number(top.has(a.node)) ||
        (heights.get(a.node) ?? 0) - (heights.get(b.node) ?? 0) ||
        a.node.localeCompare(b.node),
    );
    inside.forEach(({ node, kind, is_retired }, row) => {
      const y = NODE.top + row * (NODE.height + NODE.gapY);
      places.set(node, { node, kind, isRetired: is_retired ?? false, x, y });
    });
    rows = Math.max(rows, inside.length);
  }
  const lines = graph.arrows.flatMap((arrow) => {
    const [first, last] = [places.get(arrow.first), places.get(arrow.last)];
    return first && last ? [{ first, last }] : [];
  });
  const width = Math.max(1, titles.length) * (NODE.width + NODE.gapX) - NODE.gapX + 2 * EDGE;
  return { width, height: NODE.top + rows * (NODE.height + NODE.gapY) + EDGE, titles, places, lines };
}

/** Mean height of what a node is made from, so that few lines cross; 0 for nothing. */
function meanY(places: readonly Place[]): number {
  return places.length ? places.reduce((sum, each) => sum + each.y, 0) / places.length : 0;
}

/** A line from the right side of one node to the left side of another, below those in between. */
export function curve(first: Place, last: Place): string {
  const [x1, y1] = [first.x + NODE.width, first.y + NODE.height / 2];
  const [x2, y2] = [last.x, last.y + NODE.height / 2];
  const half = NODE.gapX / 2;
  if (x2 - x1 <= NODE.gapX) return `M${x1},${y1} C${x1 + half},${y1} ${x2 - half},${y2} ${x2},${y2}`;
  const y = y1 + (NODE.height + NODE.gapY) / 2;
  const [from, to] = [x1 + NODE.gapX, x2 - NODE.gapX];
  return `M${x1},${y1} C${x1 + half},${y1} ${from - half},${y} ${from},${y} H${to} C${to + half},${y} ${x2 - half},${y2} ${x2},${y2}`;
}
