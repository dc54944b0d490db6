/** What a node is made from and what is made from it; a way between two nodes stands out. */
import { useMemo } from "react";
import type { LineageGraph, LineagePath } from "../api";
import { go, useData, withQuery } from "../hooks";
import { Alert, Link } from "../parts";
import { curve, draw, NODE, TITLES } from "./layout";

const DIRECTIONS = ["both", "upstream", "downstream"] as const;
const MAX_CHARACTERS = 31;

export function Lineage({ address }: { address: URL }) {
  const chosen = (name: string) => address.searchParams.get(name) ?? "";
  const [node, last, recording] = [chosen("node"), chosen("to"), chosen("recording")];
  const whole = useData<LineageGraph>("/lineage", 0, { recording });
  const shown = useData<LineageGraph>(node ? "/lineage" : null, 0, {
    node,
    direction: chosen("direction"),
    depth: chosen("depth"),
    recording,
  });
  const way = useData<LineagePath>(node && last ? "/lineage/path" : null, 0, {
    first: node,
    last,
    recording,
  });
  const error = whole.error ?? shown.error ?? way.error;
  return (
    <div className="page">
      <h1>Lineage</h1>
      <Choice address={address} nodes={whole.data?.nodes.map((each) => each.node).sort() ?? []} />
      {error && <Alert>{error.message}</Alert>}
      {!node && <p className="dim">Choose a node: what it is made from stands left of it, what is made from it right.</p>}
      {way.data && <Way path={way.data} />}
      {shown.data && <Graph address={address} graph={shown.data} way={way.data?.nodes ?? []} />}
    </div>
  );
}

function Choice({ address, nodes }: { address: URL; nodes: string[] }) {
  const value = (name: string) => address.searchParams.get(name) ?? "";
  const set = (name: string, text: string) =>
    go(withQuery(address, { [name]: text }), { replace: true });
  const node = (name: string, label: string) => (
    <label>
      {label}
      <input
        key={value(name)}
        list="nodes"
        size={36}
        defaultValue={value(name)}
        placeholder="algorithm:…"
        onChange={(event) => nodes.includes(event.target.value) && set(name, event.target.value)}
        onBlur={(event) => event.target.value !== value(name) && set(name, event.target.value.trim())}
      />
    </label>
  );
  return (
    <form className="filters" onSubmit={(event) => event.preventDefault()} role="search">
      <datalist id="nodes">
        {nodes.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
      {node("node", "Node")}
      {node("to", "Way to")}
      <label>
        Direction
        <select value={value("direction")} onChange={(event) => set("direction", event.target.value)}>
          {DIRECTIONS.map((each) => (
            <option key={each} value={each === "both" ? "" : each}>
              {each}
            </option>
          ))}
        </select>
      </label>
      <label>
        Depth
        <input
          type="number"
          min={1}
          max={100}
          value={value("depth")}
          placeholder="any"
          onChange={(event) => set("depth", event.target.value)}
        />
      </label>
      {address.search && <Link to="/lineage">Clear</Link>}
    </form>
  );
}

function Way({ path }: { path: LineagePath }) {
  if (!path.nodes.length) return <p role="status">No way leads from {path.first} to {path.last}.</p>;
  return <p role="status">{path.nodes.join(" → ")}</p>;
}

function Graph({ address, graph, way }: { address: URL; graph: LineageGraph; way: readonly string[] }) {
  const drawing = useMemo(() => draw(graph), [graph]);
  const onWay = (first: string, last: string) => {
    const at = way.indexOf(first);
    return at >= 0 && way[at + 1] === last;
  };
  return (
    <div className="scroll lineage">
      <svg
        width={drawing.width}
        height={drawing.height}
        role="group"
        aria-label={`Lineage of ${graph.node}: ${graph.nodes.length} nodes`}
      >
        {TITLES.map((title, index) => (
          <text key={title} className="title" x={index * (NODE.width + NODE.gapX)} y={18}>
            {title}
          </text>
        ))}
        {drawing.lines.map(({ first, last }) => (
          <path
            key={`${first.node} ${last.node}`}
            className={onWay(first.node, last.node) ? "line way" : "line"}
            d={curve(first, last)}
          />
        ))}
        {[...drawing.places.values()].map((place) => {
          const isChosen = place.node === graph.node || way.includes(place.node);
          const name = place.node.slice(place.kind.length + 1);
          const cut = name.length > MAX_CHARACTERS ? `${name.slice(0, MAX_CHARACTERS - 1)}…` : name;
          return (
            <Link
              key={place.node}
              to={withQuery(address, { node: place.node, to: "" })}
            >
              <g className={isChosen ? "node chosen" : "node"} transform={`translate(${place.x},${place.y})`}>
                <title>{place.node}</title>
                <rect width={NODE.width} height={NODE.height} rx={5} />
                <text x={9} y={20} aria-hidden="true">
                  {place.node === graph.node ? `● ${cut}` : cut}
                </text>
              </g>
            </Link>
          );
        })}
      </svg>
    </div>
  );
}
