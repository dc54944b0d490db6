/** State of the pages: the address, the time, and what the API says. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { ApiError, get, savedKey, serverNowMs, type HealthStatus } from "./api";

/** Time of the server, refreshed every second. */
export function useNow(): number {
  const [now, setNow] = useState(serverNowMs);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNowMs()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

const listeners = new Set<() => void>();

function listen(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** Goes to an address of these pages without loading the document again. */
export function go(address: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  for (const listener of listeners) listener();
}

/** The current address; its query is the state that can be shared. */
export function useAddress(): URL {
  return new URL(useSyncExternalStore(listen, () => location.href));
}

/** The current address with other values in its query; empty values are left out. */
export function withQuery(address: URL, changes: Record<string, string>): string {
  const query = new URLSearchParams(address.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  return address.pathname + (text ? `?${text}` : "");
}

export interface Loaded<T> {
  data: T | null;
  error: ApiError | null;
  refresh: () => void;
}

/** Data of a path: read at once, every so many seconds, and on `refresh`. The last data stay. */
export function useData<T>(
  path: string | null,
  everyS = 0,
  query: Record<string, string | number> = {},
): Loaded<T> {
  const [state, setState] = useState<{ key: string; data: T | null; error: ApiError | null }>({
    key: "",
    data: null,
    error: null,
  });
  const key = path === null ? "" : `${path} ${JSON.stringify(query)}`;
  const newest = useRef(key);
  newest.current = key;
  const refresh = useCallback(() => {
    if (!key) return;
    const [at, text] = [key.slice(0, key.indexOf(" ")), key.slice(key.indexOf(" "))];
    get<T>(at, JSON.parse(text) as Record<string, string>).then(
      (data) => newest.current === key && setState({ key, data, error: null }),
      (error: ApiError) =>
        newest.current === key &&
        setState((last) => ({ key, data: last.key === key ? last.data : null, error })),
    );
  }, [key]);
  useEffect(() => {
    refresh();
    if (!everyS) return;
    const timer = setInterval(refresh, everyS * 1000);
    return () => clearInterval(timer);
  }, [refresh, everyS]);
  const isCurrent = state.key === key;
  return { data: isCurrent ? state.data : null, error: isCurrent ? state.error : null, refresh };
}

const POLL_S = 5;

/** The newest report: read again at each event of the stream, and every few seconds besides. */
export function useStatus(): Loaded<HealthStatus> {
  const loaded = useData<HealthStatus>("/status", POLL_S);
  const { refresh } = loaded;
  useEffect(() => {
    if (savedKey()) return; // the browser's EventSource sends no key, so polling must do
    const events = new EventSource("/api/v1/events");
    events.addEventListener("status_change", refresh);
    return () => events.close();
  }, [refresh]);
  return loaded;
}
