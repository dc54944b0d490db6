/** Times and lengths of time as people read them. All times are UTC. */

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** `12 s`, `3 min`, `5 h 20 min`, `4 d 3 h`. */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < MINUTE_S) return `${s} s`;
  if (s < HOUR_S) return `${Math.floor(s / MINUTE_S)} min`;
  if (s < DAY_S) return two(s, HOUR_S, "h", MINUTE_S, "min");
  return two(s, DAY_S, "d", HOUR_S, "h");
}

function two(s: number, large: number, largeUnit: string, small: number, smallUnit: string) {
  const rest = Math.floor((s % large) / small);
  return `${Math.floor(s / large)} ${largeUnit}` + (rest ? ` ${rest} ${smallUnit}` : "");
}

/** `06:05Z` of the same UTC day, else `17 Nov 06:05Z`. */
export function clock(at: string | null | undefined, nowMs: number): string {
  if (!at) return "";
  const time = new Date(at);
  const hours = `${time.toISOString().slice(11, 16)}Z`;
  const isToday = time.toISOString().slice(0, 10) === new Date(nowMs).toISOString().slice(0, 10);
  if (isToday) return hours;
  const day = time.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  return `${day} ${hours}`;
}

export const secondsSince = (at: string, nowMs: number) => (nowMs - Date.parse(at)) / 1000;

/** A process's name for people: `results database`. */
export const spoken = (name: string) => name.replaceAll("_", " ");

/** Seconds with one decimal below a minute: `4.5 s`, `12 min 5 s`. */
export function seconds(value: number): string {
  if (value < MINUTE_S) return `${Number(value.toFixed(1))} s`;
  return `${Math.floor(value / MINUTE_S)} min ${Math.round(value % MINUTE_S)} s`;
}

/** Text whose long names may be broken after `_`, and not inside a word. */
export const breakable = (text: string) => text.replaceAll("_", "_\u200b");

/** Start of a UTC day, some days later; empty for no day. */
export function dayStart(day: string, daysLater: number): string {
  const at = Date.parse(`${day}T00:00:00Z`);
  return Number.isNaN(at) ? "" : new Date(at + daysLater * DAY_S * 1000).toISOString();
}
