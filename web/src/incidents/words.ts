/** An incident in words: its length, who works on it, how it ended. */
import type { Incident } from "../api";
import { clock, duration } from "../format";

/** Seconds from opening to closing, or until now. */
export function lengthS(incident: Incident, nowMs: number): number {
  const endMs = incident.closed_at ? Date.parse(incident.closed_at) : nowMs;
  return (endMs - Date.parse(incident.opened_at)) / 1000;
}

/** `5 h 20 min`, or `5 h 20 min so far`. */
export const lengthText = (incident: Incident, nowMs: number) =>
  duration(lengthS(incident, nowMs)) + (incident.closed_at ? "" : " so far");

/** `fixed by anna`, `recovered`, `acknowledged by anna`, `muted by anna until 14:00Z`, `open`. */
export function stateText(incident: Incident, nowMs: number): string {
  if (incident.closed_at) {
    const how = (incident.resolution ?? "ended").replaceAll("_", " ");
    return how + (incident.resolved_by ? ` by ${incident.resolved_by}` : "");
  }
  if (isMuted(incident)) {
    return `muted by ${incident.muted_by} until ${clock(incident.muted_until, nowMs)}`;
  }
  const who = incident.acknowledged_by;
  return incident.state === "acknowledged" ? `acknowledged by ${who}` : "open";
}

export const isMuted = (incident: Incident) =>
  incident.state === "muted" && Boolean(incident.muted_until);
