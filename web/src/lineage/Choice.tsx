/** What of the lineage is shown, as the address says it. */
import { go, withQuery } from "../hooks";
import { Link } from "../parts";

const DIRECTIONS = ["both", "upstream", "downstream"] as const;

export function Choice({ address, nodes }: { address: URL; nodes: string[] }) {
  const value = (name: string) => address.searchParams.get(name) ?? "";
  const set = (name: string, text: string) =>
    go(withQuery(address, { [name]: text }), { replace: true });
  const text = (name: string, label: string, rest: { list?: string; placeholder: string; size: number }) => (
    <label>
      {label}
      <input
        key={value(name)}
        {...rest}
        defaultValue={value(name)}
        onChange={(event) => rest.list && nodes.includes(event.target.value) && set(name, event.target.value)}
        onKeyDown={(event) => event.key === "Enter" && set(name, event.currentTarget.value.trim())}
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
      {text("node", "Node", { list: "nodes", placeholder: "algorithm:…", size: 34 })}
      {text("to", "Way to", { list: "nodes", placeholder: "findings:…", size: 34 })}
      {text("recording", "Of recording", { placeholder: "all; or the id", size: 16 })}
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
