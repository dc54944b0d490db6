/** The drawing of a lineage; every node is a link. */
import { useMemo } from "react";
import type { LineageGraph, LineagePath } from "../api";
import { withQuery } from "../hooks";
import { Link } from "../parts";
import { curve, draw, NODE, type Place } from "./layout";

const NONE: readonly string[] = [];
const MAX_CHARACTERS = 29;

interface GraphProps {
  address: URL;
  graph: LineageGraph;
  way: LineagePath | null;
}

export function Graph({ address, graph, way }: GraphProps) {
  const nodes = way?.nodes ?? NONE;
  const drawing = useMemo(() => draw(graph, new Set([graph.node, ...nodes])), [graph, nodes]);
  const others = useMemo(
    () => new Set((way?.arrows ?? []).map(({ first, last }) => `${first} ${last}`)),
    [way],
  );
  const lineClass = (first: string, last: string) => {
    const at = nodes.indexOf(first);
    if (at >= 0 && nodes[at + 1] === last) return "line shortest";
    return others.has(`${first} ${last}`) ? "line other" : "line";
  };
  // Lines that stand out are drawn last, so that no other covers them.
  const lines = drawing.lines
    .map((line) => ({ ...line, name: lineClass(line.first.node, line.last.node) }))
    .sort((a, b) => a.name.length - b.name.length);
  return (
    <div className="scroll lineage">
      <svg
        width={drawing.width}
        height={drawing.height}
        role="group"
        aria-label={`Lineage of ${graph.node}: ${graph.nodes.length} nodes`}
      >
        {drawing.titles.map(({ text, x }) => (
          <text key={text} className="title" x={x} y={18}>
            {text}
          </text>
        ))}
        {lines.map(({ first, last, name }) => (
          <path key={`${first.node} ${last.node}`} className={name} d={curve(first, last)} />
        ))}
        {[...drawing.places.values()].map((place) => (
          <Node
            key={place.node}
            place={place}
            to={withQuery(address, { node: place.node, to: "" })}
            isEnd={place.node === graph.node || place.node === way?.last}
            isOnWay={nodes.includes(place.node)}
          />
        ))}
      </svg>
    </div>
  );
}

interface NodeProps {
  place: Place;
  to: string;
  isEnd: boolean;
  isOnWay: boolean;
}

function Node({ place, to, isEnd, isOnWay }: NodeProps) {
  const name = place.node.slice(place.kind.length + 1);
  const text = [isEnd ? "● " : "", name, place.isRetired ? " (retired)" : ""].join("");
  const classes = ["node", isEnd && "end", isOnWay && "chosen", place.isRetired && "retired"];
  return (
    <Link to={to} aria-current={isEnd ? "true" : undefined}>
      <g className={classes.filter(Boolean).join(" ")} transform={`translate(${place.x},${place.y})`}>
        <title>{place.isRetired ? `${place.node} (retired)` : place.node}</title>
        <rect width={NODE.width} height={NODE.height} rx={5} />
        <text x={9} y={20} aria-hidden="true">
          {text.length > MAX_CHARACTERS ? middleCut(text) : text}
        </text>
      </g>
    </Link>
  );
}

/** Beginning and end of a text: both tell names apart. */
function middleCut(text: string): string {
  const end = Math.floor(MAX_CHARACTERS / 2);
  return `${text.slice(0, MAX_CHARACTERS - end - 1)}…${text.slice(-end)}`;
}
