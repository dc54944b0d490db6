/** The live signals: newest value, age and state of each; a mark chooses which are plotted. */
import { useState } from "react";
import type { LimitCrossing, LiveLimit, LiveSignal } from "../api";
import { breakable, duration } from "../format";
import { go } from "../hooks";
import { MOST_PLOTS, withSignals } from "./choice";
import type { Traces } from "./traces";

const MOST_ROWS = 100;
/** Signals from which on a text filter is worth its place. */
const MANY = 15;

interface ListProps {
  address: URL;
  signals: readonly LiveSignal[];
  plotted: readonly string[];
  traces: Traces;
  limits: readonly LiveLimit[];
  open: readonly LimitCrossing[];
  /** Time of this clock at which the list was read, and now; milliseconds. */
  readMs: number;
  nowMs: number;
  /** Whether the API still answers: else no state is known. */
  isKnown: boolean;
}

export function SignalList({ address, signals, plotted, traces, limits, open, readMs, nowMs, isKnown }: ListProps) {
  const [text, setText] = useState("");
  const found = signals.filter((each) => each.name.includes(text.trim()));
  const choose = (name: string, isOn: boolean) =>
    go(withSignals(address, isOn ? [...plotted, name] : plotted.filter((each) => each !== name)), { replace: true });
  return (
    <>
      {signals.length > MANY && (
        <label className="filter">
          Name contains <input value={text} onChange={(event) => setText(event.target.value)} />
        </label>
      )}
      <div className="scroll signals" tabIndex={0} role="group" aria-label="Signals and their newest values">
        <table>
          <thead>
            <tr>
              <th scope="col">Signal</th>
              <th scope="col" className="number">Newest</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, MOST_ROWS).map((each) => {
              const isPlotted = plotted.includes(each.name);
              const heard = traces.heardMs.get(each.name) ?? 0;
              const ageS = Math.min(each.age_s + (nowMs - readMs) / 1000, heard ? (nowMs - heard) / 1000 : Infinity);
              const value = (isPlotted ? traces.newest(each.name)?.value : null) ?? each.value;
              const over = overLimit(each.name, limits, open);
              return (
                <tr key={each.name}>
                  <th scope="row">
                    <label>
                      <input
                        type="checkbox"
                        checked={isPlotted}
                        disabled={!isPlotted && plotted.length >= MOST_PLOTS}
                        onChange={(event) => choose(each.name, event.target.checked)}
                      />
                      <span>{breakable(each.name)}</span>
                    </label>
                    <span className="dim source">{each.source}</span>
                  </th>
                  <td className="number nowrap">
                    {Number(value.toPrecision(5))} {each.unit}
                    <span className="dim source">{duration(ageS)} old</span>
                  </td>
                  <td>
                    <State state={isKnown ? (each.state ?? "arriving") : "unknown"} over={over} />
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {found.length > MOST_ROWS && <p className="dim">and {found.length - MOST_ROWS} more; filter by name</p>}
      {plotted.length >= MOST_PLOTS && <p className="dim">{MOST_PLOTS} plots are the most; remove one to add another.</p>}
    </>
  );
}

function overLimit(name: string, limits: readonly LiveLimit[], open: readonly LimitCrossing[]) {
  const own = limits.filter((each) => each.signals.includes(name)).map((each) => each.name);
  return open.filter((each) => own.includes(each.algorithm));
}

function State({ state, over }: { state: string; over: readonly LimitCrossing[] }) {
  if (state === "unknown") return <span className="mark UNKNOWN">? unknown</span>;
  if (state === "ended") return <span className="mark UNKNOWN">? ended</span>;
  if (state === "silent") return <span className="mark FAILED">× silent</span>;
  if (!over.length) return <span className="mark HEALTHY">✓ arriving</span>;
  return over.map((each) => (
    <span key={each.algorithm} className="over">
      <span className={`mark severity-${each.severity}`}>! over the limit</span> {each.algorithm}
    </span>
  ));
}
