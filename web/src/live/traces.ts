/** What is known of the chosen signals: a history with a bounded number of points, and what came since. */
import type { SignalHistory } from "../api";
import type { NewPoints } from "./stream";

/** Points of a signal since its history was read; when they are more, every second one goes. */
const MAX_NEW = 2000;
/** A pause of so many usual steps, and of at least so many seconds, is a gap. */
const GAP_STEPS = 6;
const GAP_S = 3;

interface Trace {
  at: number[];
  mean: number[];
  low: number[];
  high: number[];
  /** Number of values that come from the history; the others were streamed. */
  known: number;
  /** Whether the history has single points, not sums over spans. */
  isSingle: boolean;
  stepS: number;
}

/** Columns as uPlot draws them; a null ends the line, where a signal was silent. */
export type Columns = [number[], ...(number | null)[][]];

export class Traces {
  private traces = new Map<string, Trace>();
  /** When a value of each signal last came by the stream, in milliseconds of this clock. */
  readonly heardMs = new Map<string, number>();

  /** Replaces the history; streamed points that are newer than it stay. */
  replace(histories: readonly SignalHistory[]): void {
    const before = this.traces;
    this.traces = new Map(histories.map((each) => [each.name, fresh(each)]));
    for (const [name, trace] of this.traces) {
      const old = before.get(name);
      if (old) append(trace, old.at.slice(old.known), old.mean.slice(old.known));
    }
  }

  /** Adds points of the stream; what is known already is left out. */
  add(points: NewPoints): void {
    const now = Date.now();
    for (const [name, { at_s: at, values }] of Object.entries(points)) {
      this.heardMs.set(name, now);
      const trace = this.traces.get(name);
      if (trace) append(trace, at, values);
    }
  }

  /** Newest time and value of a signal. */
  newest(name: string): { at: number; value: number } | null {
    const trace = this.traces.get(name);
    const [at, value] = [trace?.at.at(-1), trace?.mean.at(-1)];
    return at === undefined || value === undefined ? null : { at, value };
  }

  /** Numbers of a signal for its text: points or spans, their step, lowest and highest value. */
  summary(name: string): Summary | null {
    const trace = this.traces.get(name);
    if (!trace?.at.length) return null;
    const low = trace.low.reduce((a, b) => Math.min(a, b));
    const high = trace.high.reduce((a, b) => Math.max(a, b));
    return { count: trace.at.length, isSingle: trace.isSingle, stepS: trace.stepS, low, high };
  }

  /** Times, means, lowest and highest values of a signal. */
  columns(name: string): Columns {
    const trace = this.traces.get(name);
    const columns: Columns = [[], [], [], []];
    if (!trace) return columns;
    const [at, mean, low, high] = columns as [number[], (number | null)[], (number | null)[], (number | null)[]];
    const gapS = Math.max(GAP_S, GAP_STEPS * trace.stepS);
    for (let n = 0; n < trace.at.length; n++) {
      const time = trace.at[n]!;
      const last = trace.at[n - 1];
      if (last !== undefined && time - last > gapS) {
        at.push((last + time) / 2);
        for (const column of [mean, low, high]) column.push(null);
      }
      at.push(time);
      mean.push(trace.mean[n]!);
      low.push(trace.low[n]!);
      high.push(trace.high[n]!);
    }
    return columns;
  }

  /** Leaves out what is older than the window, so that a page open for days holds no more. */
  forget(beforeS: number): void {
    for (const trace of this.traces.values()) {
      let old = 0;
      while (old < trace.at.length - 1 && trace.at[old + 1]! < beforeS) old += 1;
      if (!old) continue;
      for (const column of [trace.at, trace.mean, trace.low, trace.high]) column.splice(0, old);
      trace.known = Math.max(0, trace.known - old);
    }
  }
}

export interface Summary {
  count: number;
  isSingle: boolean;
  stepS: number;
  low: number;
  high: number;
}

function fresh(history: SignalHistory): Trace {
  const at = [...history.at_s];
  const steps = at.slice(1).map((time, n) => time - at[n]!).sort((a, b) => a - b);
  return {
    at,
    mean: [...history.mean],
    low: [...history.low],
    high: [...history.high],
    known: at.length,
    isSingle: history.points.every((each) => each === 1),
    stepS: steps[Math.floor(steps.length / 2)] ?? 0,
  };
}

function append(trace: Trace, at: readonly number[], values: readonly number[]): void {
  for (let n = 0; n < at.length; n++) {
    const [time, value] = [at[n]!, values[n]!];
    if (time <= (trace.at.at(-1) ?? -Infinity)) continue;
    trace.at.push(time);
    for (const column of [trace.mean, trace.low, trace.high]) column.push(value);
  }
  if (trace.at.length - trace.known <= MAX_NEW) return;
  const stays = (_: number, n: number) => n < trace.known || (n - trace.known) % 2 === 1;
  for (const name of ["at", "mean", "low", "high"] as const) trace[name] = trace[name].filter(stays);
}
