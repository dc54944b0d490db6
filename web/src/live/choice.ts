/** What the address of the page chooses: a source, signals, and a range of time. */
import { withQuery } from "../hooks";

export interface Choice {
  source: string;
  /** Names of the signals, in the order of their plots; empty for the first ones. */
  signals: string[];
  /** Seconds up to now that are shown; null when a fixed range is. */
  liveS: number | null;
  fromS: number;
  toS: number;
}

export const RANGES: readonly (readonly [string, number, string])[] = [
  ["1m", 60, "1 minute"],
  ["5m", 300, "5 minutes"],
  ["15m", 900, "15 minutes"],
  ["1h", 3600, "1 hour"],
  ["6h", 21_600, "6 hours"],
  ["24h", 86_400, "24 hours"],
  ["7d", 604_800, "7 days"],
  ["30d", 2_592_000, "30 days"],
  ["1y", 31_536_000, "1 year"],
];
const USUAL = "5m";
const SHORTEST_S = 1;
export const MOST_PLOTS = 12;
const SIGNAL = /^[A-Za-z_]\w{0,63}$/;

export function choiceOf(address: URL, nowMs: number): Choice {
  const query = address.searchParams;
  const signals = [...new Set(query.getAll("s"))].filter((name) => SIGNAL.test(name)).slice(0, MOST_PLOTS);
  const [from, to] = [Date.parse(query.get("from") ?? ""), Date.parse(query.get("to") ?? "")];
  const isFixed = to - from >= SHORTEST_S * 1000;
  const range = RANGES.find(([name]) => name === query.get("range")) ?? RANGES.find(([name]) => name === USUAL)!;
  return {
    source: query.get("source") ?? "",
    signals,
    liveS: isFixed ? null : range[1],
    fromS: isFixed ? from / 1000 : nowMs / 1000 - range[1],
    toS: isFixed ? to / 1000 : nowMs / 1000,
  };
}

export const rangeName = (choice: Choice) => RANGES.find(([, seconds]) => seconds === choice.liveS)?.[0] ?? "";

/** The address with other signals. */
export function withSignals(address: URL, names: readonly string[]): string {
  const other = new URL(address);
  other.searchParams.delete("s");
  for (const name of names) other.searchParams.append("s", name);
  return withQuery(other, {});
}

/** The address with a fixed range, in seconds since 1970. */
export function withRange(address: URL, fromS: number, toS: number): string {
  const middle = (fromS + toS) / 2;
  const half = Math.max((toS - fromS) / 2, SHORTEST_S / 2);
  return withQuery(address, { from: iso(middle - half), to: iso(middle + half), range: "" });
}

export const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
