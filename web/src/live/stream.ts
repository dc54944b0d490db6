/** New points of live signals as they come: read with `fetch`, as the browser's EventSource sends no key. */
import { useEffect, useRef, useState } from "react";
import { openStream } from "../api";

/** Times in seconds since 1970, and values, by name of the signal. */
export type NewPoints = Record<string, { at_s: number[]; values: number[] }>;

/** `polling`: the stream is away, so that the history must be read again and again. */
export type StreamState = "connecting" | "streaming" | "polling";

/** The server sends a comment every 15 s; a stream silent for longer than this is dead. */
const DEAD_MS = 40_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 15_000;
/** An event has at most 200 points of each signal; a longer text is no event of ours. */
const MAX_EVENT_LENGTH = 4_000_000;

export function useStream(names: readonly string[], receive: (points: NewPoints) => void): StreamState {
  const [state, setState] = useState<StreamState>("connecting");
  const latest = useRef(receive);
  latest.current = receive;
  const chosen = names.join("&signal=");
  useEffect(() => {
    if (!chosen) return;
    const end = new AbortController();
    void follow(`/telemetry/stream?signal=${chosen}`, (points) => latest.current(points), setState, end.signal);
    return () => end.abort();
  }, [chosen]);
  return state;
}

/** Reads the stream until the end, and opens it again after ever longer pauses. */
async function follow(
  path: string,
  receive: (points: NewPoints) => void,
  report: (state: StreamState) => void,
  end: AbortSignal,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!end.aborted) {
    await visible(end);
    try {
      await readOnce(path, end, (points) => {
        pauseMs = FIRST_PAUSE_MS;
        report("streaming");
        receive(points);
      });
    } catch {
      // Away, dead or hidden: the history is read meanwhile, and says why if it cannot be.
    }
    if (end.aborted) return;
    report("polling");
    await sleep(pauseMs * (0.75 + Math.random() / 2), end);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

/** A page that is not seen follows no stream: it reads the history when it is seen again. */
function visible(end: AbortSignal): Promise<void> {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== "visible" && !end.aborted) return;
      document.removeEventListener("visibilitychange", look);
      resolve();
    };
    document.addEventListener("visibilitychange", look);
    end.addEventListener("abort", look, { once: true });
  });
}

async function readOnce(path: string, end: AbortSignal, receive: (points: NewPoints) => void): Promise<void> {
  const own = new AbortController();
  const stop = () => own.abort();
  const hide = () => document.visibilityState === "hidden" && own.abort();
  end.addEventListener("abort", stop, { once: true });
  document.addEventListener("visibilitychange", hide);
  let dead = setTimeout(stop, DEAD_MS);
  try {
    const body = await openStream(path, own.signal);
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(dead);
      dead = setTimeout(stop, DEAD_MS);
      const events = (text + value).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events) read(event, receive);
      if (text.length > MAX_EVENT_LENGTH) return;
    }
  } finally {
    clearTimeout(dead);
    own.abort();
    end.removeEventListener("abort", stop);
    document.removeEventListener("visibilitychange", hide);
  }
}

function read(event: string, receive: (points: NewPoints) => void): void {
  const line = event.split("\n").find((each) => each.startsWith("data: "));
  if (line) receive((JSON.parse(line.slice(6)) as { signals: NewPoints }).signals);
}

function sleep(ms: number, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    end.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
