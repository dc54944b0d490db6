/** What a node is made from and what is made from it; the ways between two nodes stand out. */
import type { LineageGraph, LineagePath } from "../api";
import { useData, withQuery } from "../hooks";
import { Alert, Link } from "../parts";
import { Choice } from "./Choice";
import { Graph } from "./Graph";
import { KINDS } from "./layout";
import "./lineage.css";

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
      {!node && whole.data && <Start address={address} graph={whole.data} />}
      {way.data && <Way path={way.data} />}
      {shown.data && whole.data && (
        <Graph address={address} graph={withWay(shown.data, way.data, whole.data)} way={way.data} />
      )}
    </div>
  );
}

/** The graph with all nodes on the ways, which direction and depth may have left out. */
function withWay(graph: LineageGraph, way: LineagePath | null, whole: LineageGraph): LineageGraph {
  if (!way) return graph;
  const nodes = new Map(graph.nodes.map((each) => [each.node, each]));
  const needed = new Set([way.first, way.last, ...(way.arrows ?? []).flatMap(({ first, last }) => [first, last])]);
  for (const each of whole.nodes) if (needed.has(each.node) && !nodes.has(each.node)) nodes.set(each.node, each);
  const arrows = new Map([...graph.arrows, ...(way.arrows ?? [])].map((each) => [`${each.first} ${each.last}`, each]));
  return { ...graph, nodes: [...nodes.values()], arrows: [...arrows.values()] };
}

/** All nodes by kind, to begin with. */
function Start({ address, graph }: { address: URL; graph: LineageGraph }) {
  return (
    <>
      <p className="dim">
        Choose a node: what it is made from stands left of it, what is made from it right.
      </p>
      {KINDS.map((kind) => {
        const inside = graph.nodes.filter((each) => each.kind === kind);
        if (!inside.length) return null;
        return (
          <details key={kind} className="section">
            <summary>
              {kind} <span className="count">{inside.length}</span>
            </summary>
            <ul className="nodes">
              {inside.map(({ node, is_retired }) => (
                <li key={node}>
                  <Link to={withQuery(address, { node })}>{node.slice(kind.length + 1)}</Link>
                  {is_retired && <span className="dim"> retired</span>}
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </>
  );
}

function Way({ path }: { path: LineagePath }) {
  if (!path.nodes.length)
    return (
      <p role="status">
        No way leads between {path.first} and {path.last}.
      </p>
    );
  return <p role="status">{path.nodes.join(" → ")}</p>;
}
