/** Chooses the time that the plots show: up to now, or a fixed range. */
import { useEffect, useState } from "react";
import { go, withQuery } from "../hooks";
import { RANGES, rangeName, withRange, type Choice } from "./choice";

const STEP = 0.5;

export function Range({ address, choice }: { address: URL; choice: Choice }) {
  const { fromS, toS, liveS } = choice;
  const live = (range: string) => go(withQuery(address, { range, from: "", to: "" }));
  const wide = toS - fromS;
  const move = (steps: number) => go(withRange(address, fromS + steps * wide, toS + steps * wide));
  return (
    <div className="filters range" role="group" aria-label="Time">
      <label>
        Up to now
        <select value={liveS === null ? "" : rangeName(choice)} onChange={(event) => live(event.target.value)}>
          {liveS === null && <option value="">fixed range</option>}
          {RANGES.map(([name, , text]) => (
            <option key={name} value={name}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <Time key={`from ${liveS ?? fromS}`} name="From" atS={fromS} isFixed={liveS === null} set={(from) => go(withRange(address, from, Math.max(toS, from + 1)))} />
      <Time key={`to ${liveS ?? toS}`} name="To" atS={toS} isFixed={liveS === null} set={(to) => go(withRange(address, Math.min(fromS, to - 1), to))} />
      <span>
        <button onClick={() => move(-STEP)}>◂ Earlier</button>{" "}
        <button onClick={() => move(STEP)} disabled={liveS !== null}>
          Later ▸
        </button>{" "}
        {liveS === null && <button onClick={() => live("")}>Live</button>}
      </span>
    </div>
  );
}

interface TimeProps {
  name: string;
  atS: number;
  isFixed: boolean;
  set: (atS: number) => void;
}

/** A time, UTC; taken when the field is left or Enter is pressed, as half a time is none. */
function Time({ name, atS, isFixed, set }: TimeProps) {
  const shown = isFixed ? new Date(atS * 1000).toISOString().slice(0, 19) : "";
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const take = () => {
    const at = Date.parse(`${text}Z`);
    if (!Number.isNaN(at) && text !== shown) set(at / 1000);
  };
  return (
    <label>
      {name}, UTC
      <input
        type="datetime-local"
        step={1}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
    </label>
  );
}
