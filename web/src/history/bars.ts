/** The days of a process in words. */
import type { Status, StatusDay } from "../api";
import { duration } from "../format";

/** Worst first: the order in which a day is described. */
export const WORST_FIRST: readonly Status[] = [
  "FAILED",
  "BLOCKED",
  "WARNING",
  "STALE",
  "RUNNING",
  "HEALTHY",
];
const NOTICED_S = 60;
const HALF = 0.5;

export const secondsIn = (day: StatusDay, status: Status) => day.seconds[status] ?? 0;

/** `20 Nov`, or with the weekday and the year. */
export const dayName = (day: string, isLong = false) =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: "UTC",
    ...(isLong ? { weekday: "long", year: "numeric" } : {}),
  });

/** `FAILED 47 min, HEALTHY 22 h, not watched 1 h`. */
export function dayText(day: StatusDay): string {
  const known = WORST_FIRST.filter((status) => secondsIn(day, status) > 0);
  const parts = known.map((status) => `${status} ${duration(secondsIn(day, status))}`);
  if (!known.length) return "UNKNOWN, not watched";
  if (day.unknown_s > NOTICED_S) parts.push(`not watched ${duration(day.unknown_s)}`);
  return parts.join(", ");
}

/** Whether less than half of a day was watched. */
export function isPartial(day: StatusDay): boolean {
  const known = Object.values(day.seconds).reduce((sum, each) => sum + (each ?? 0), 0);
  return known > 0 && known < day.unknown_s * (HALF / (1 - HALF));
}

/** `FAILED 47 min on 1 day`, and how many days were watched at all. */
export function summary(days: readonly StatusDay[]): { red: string; watched: string } {
  const failed = days.filter((day) => secondsIn(day, "FAILED") > 0);
  const total = failed.reduce((sum, day) => sum + secondsIn(day, "FAILED"), 0);
  const watched = days.filter((day) => day.status !== "UNKNOWN").length;
  const on = `on ${failed.length} ${failed.length === 1 ? "day" : "days"}`;
  return {
    red: failed.length ? `FAILED ${duration(total)} ${on}` : watched ? "never FAILED" : "UNKNOWN",
    watched: watched < days.length ? `${watched} of ${days.length} days watched` : "",
  };
}
