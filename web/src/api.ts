/** Calls of the API: the key, the envelope, and the clock of the server. */
import type { components } from "./openapi";

type Schemas = components["schemas"];
export type Status = Schemas["Status"];
export type HealthStatus = Schemas["HealthStatus"];
export type Process = Schemas["ProcessHealth"];
export type Explanation = Schemas["Explanation"];
export type Evidence = Schemas["Evidence"];
export type AuditEntry = Schemas["AuditEntryResponse"];
export type Incident = Schemas["Incident"];
export type AircraftCoverage = Schemas["AircraftCoverage"];
export type AlgorithmCoverage = Schemas["AlgorithmCoverage"];
export type FleetHealth = Schemas["FleetHealth"];
export type FleetReadiness = Schemas["FleetReadiness"];
export type FindingEntry = Schemas["FindingEntry"];
export type FindingPage = Schemas["FindingPage"];
export type FindingTrend = Schemas["FindingTrend"];
export type TrendLine = Schemas["TrendLine"];
export type LineageGraph = Schemas["LineageGraph"];
export type LineagePath = Schemas["LineagePath"];
export type Annotation = Schemas["Annotation"];
export type AlgorithmLimit = Schemas["AlgorithmLimit"];
export type AlgorithmRunPage = Schemas["AlgorithmRunPage"];
export type FlightPhases = Schemas["FlightPhases"];
export type VocabularyQuantity = Schemas["VocabularyQuantity"];
export type AlgorithmFinding = Schemas["AlgorithmFinding"];
export type LimitCrossing = Schemas["LimitCrossing"];
export type LiveLimit = Schemas["LiveLimit"];
export type LiveSignal = Schemas["LiveSignal"];
export type SignalHistory = Schemas["SignalHistory"];
export type TelemetryHistory = Schemas["TelemetryHistory"];
export type SavedView = Schemas["SavedView"];
export type SavedViewDetail = Schemas["SavedViewDetail"];
export type SavedViewEntry = Schemas["SavedViewEntry"];
export type SavedViewResult = Schemas["SavedViewResult"];
export type ParameterSeries = Schemas["ParameterSeries"];
export type RecordedParameter = Schemas["RecordedParameter"];
export type RecordingHistory = Schemas["RecordingHistory"];
export type QuarantinedItem = Schemas["QuarantinedItem"];
export type ProcessCalendar = Schemas["ProcessCalendar"];
export type StatusCalendar = Schemas["StatusCalendar"];
export type StatusDay = Omit<Schemas["StatusDay"], "seconds"> & {
  seconds: Partial<Record<Status, number>>;
};
export type WorkBetween = Schemas["WorkBetween"];
export type Session = Schemas["Session"];

export const PREFIX = "/api/v1";
const KEY = "dataflow-health-key";
const TIMEOUT_MS = 15_000;

/** An answer of the API that is no success; `http` is 0 when there was no answer. */
export class ApiError extends Error {
  constructor(
    readonly http: number,
    message: string,
  ) {
    super(message);
  }
}

/** Milliseconds that the server's clock is ahead of this one. */
let clockOffsetMs = 0;

export const serverNowMs = () => Date.now() + clockOffsetMs;

export const savedKey = () => sessionStorage.getItem(KEY) ?? "";

export function saveKey(key: string): void {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

export function get<T>(path: string, query: Record<string, string | number> = {}): Promise<T> {
  const chosen = Object.entries(query).filter(([, value]) => value !== "");
  const text = new URLSearchParams(chosen.map(([name, value]) => [name, String(value)])).toString();
  return call<T>(text ? `${path}?${text}` : path, { method: "GET" });
}

export function post<T>(path: string, body: object): Promise<T> {
  return call<T>(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
  });
}

async function call<T>(path: string, init: RequestInit): Promise<T> {
  const key = savedKey();
  const headers = { ...init.headers, ...(key ? { "X-API-Key": key } : {}) };
  let response: Response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await fetch(PREFIX + path, { ...init, headers, signal, cache: "no-store" });
  } catch {
    throw new ApiError(0, "no answer from the server");
  }
  noteClock(response.headers.get("Date"));
  const body = (await response.json().catch(() => null)) as Envelope<T> | null;
  if (!response.ok || body === null) {
    throw new ApiError(response.status, body?.error?.message ?? `HTTP ${response.status}`);
  }
  return body.data as T;
}

interface Envelope<T> {
  data: T | null;
  error: { message: string } | null;
}

function noteClock(date: string | null): void {
  const at = Date.parse(date ?? "");
  // The header has whole seconds, so smaller differences are none.
  if (!Number.isNaN(at)) clockOffsetMs = Math.abs(at - Date.now()) > 2000 ? at - Date.now() : 0;
}

/** Body of an event stream; its end and errors are those of the reader. */
export async function openStream(path: string, signal: AbortSignal): Promise<ReadableStream<BufferSource>> {
  const key = savedKey();
  const response = await fetch(PREFIX + path, { headers: key ? { "X-API-Key": key } : {}, signal, cache: "no-store" });
  if (!response.ok || !response.body) throw new ApiError(response.status, `HTTP ${response.status}`);
  return response.body;
}

/** Saves something: an object as JSON, text as a YAML file. */
export function put<T>(path: string, body: object | string): Promise<T> {
  const isFile = typeof body === "string";
  return call<T>(path, {
    method: "PUT",
    body: isFile ? body : JSON.stringify(body),
    headers: { "Content-Type": isFile ? "application/yaml" : "application/json" },
  });
}

export const remove = <T>(path: string) =>
  call<T>(path, { method: "DELETE", headers: { "Content-Type": "application/json" } });

/** Saves a file of the server under a name; a link could not send the key. */
export async function download(path: string, name: string): Promise<void> {
  const key = savedKey();
  const response = await fetch(PREFIX + path, { headers: key ? { "X-API-Key": key } : {}, cache: "no-store" });
  if (!response.ok) throw new ApiError(response.status, `HTTP ${response.status}`);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
