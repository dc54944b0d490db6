/** Live signals: newest values, plots that move as values come, limits and their crossings. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { ApiError, get, type LimitCrossing, type LiveLimit, type LiveSignal, type TelemetryHistory } from "../api";
import { clock, duration } from "../format";
import { go, useData, useNow, withQuery, type Loaded } from "../hooks";
import { Alert, Link, Section } from "../parts";
import { choiceOf, iso, type Choice, withRange, withSignals } from "./choice";
import { Crossings } from "./Crossings";
import { Range } from "./Range";
import { SignalList } from "./SignalList";
import { SignalPlot } from "./SignalPlot";
import "./live.css";
import { useStream, type StreamState } from "./stream";
import { Traces } from "./traces";

const LIST_POLL_S = 5;
const LIMITS_POLL_S = 30;
/** Signals that are plotted when the address names none. */
const FIRST_PLOTS = 4;
/** How often the history is read again: while values are streamed, and while they are not. */
const HISTORY_S = 60;
const POLLED_HISTORY_S = 5;
const LEAST_PX = 240;

export function Live({ address }: { address: URL }) {
  const now = useNow();
  const listed = useData<LiveSignal[]>("/signals", LIST_POLL_S);
  const limits = useData<LiveLimit[]>("/telemetry/limits", LIMITS_POLL_S).data ?? NONE;
  const readMs = useMemo(() => Date.now(), [listed.data]);
  const choice = choiceOf(address, now);
  const signals = (listed.data ?? []).filter((each) => !choice.source || each.source === choice.source);
  const asked = choice.signals.length ? choice.signals : firstOf(signals);
  const names = new Set(listed.data?.map((each) => each.name));
  const plotted = asked.filter((name) => names.has(name));
  const unknown = listed.data ? asked.filter((name) => !names.has(name)) : NONE;
  const crossings = useData<LimitCrossing[]>("/telemetry/crossings", choice.liveS === null ? 0 : LIST_POLL_S, {
    limit: 100,
    ...(choice.liveS === null ? { from_at: iso(choice.fromS), to_at: iso(choice.toS) } : {}),
  });
  const shown = (crossings.data ?? NONE).filter((each) => Date.parse(each.end_at) / 1000 >= choice.fromS);
  const [place, width] = useWidth();
  const { traces, version, error, stream } = useTraces(plotted, choice, width);
  const sources = [...new Set((listed.data ?? []).map((each) => each.source ?? ""))].filter(Boolean).sort();
  return (
    <div className="page">
      <h1>Live signals</h1>
      <Banner listed={listed} signals={signals} error={error} stream={stream} isLive={choice.liveS !== null} now={now} />
      {unknown.length > 0 && <Alert>No live signal has the name {unknown.join(", ")}.</Alert>}
      <div className="live">
        <div className="stack">
          <Section title="Signals" count={listed.data ? signals.length : ""}>
            {sources.length > 1 && <Source address={address} sources={sources} chosen={choice.source} />}
            {listed.data && !signals.length && <NoSignal source={choice.source} />}
            {signals.length > 0 && (
              <SignalList
                address={address}
                signals={signals}
                plotted={plotted}
                traces={traces}
                limits={limits}
                open={(crossings.data ?? NONE).filter((each) => each.is_open)}
                readMs={readMs}
                nowMs={Date.now()}
                isKnown={!listed.error}
              />
            )}
          </Section>
          <Crossings address={address} crossings={shown} error={crossings.error} limits={limits} now={now} />
        </div>
        <div className="stack plots" ref={place}>
          <Range address={address} choice={choice} />
          {plotted.map((name) => (
            <SignalPlot
              key={name}
              name={name}
              signal={listed.data?.find((each) => each.name === name)}
              traces={traces}
              version={version}
              liveS={choice.liveS}
              fromS={choice.liveS === null ? choice.fromS : 0}
              toS={choice.liveS === null ? choice.toS : 0}
              width={width - PADDING_PX}
              limits={limits}
              crossings={crossings.data ?? NONE}
              zoom={(from, to) => go(withRange(address, from, to))}
              remove={() => go(withSignals(address, plotted.filter((each) => each !== name)), { replace: true })}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

const NONE: never[] = [];
const PADDING_PX = 32;

const firstOf = (signals: readonly LiveSignal[]) =>
  [...signals]
    .sort((a, b) => Number(a.state === "ended") - Number(b.state === "ended"))
    .slice(0, FIRST_PLOTS)
    .map((each) => each.name);

/** Width of the column of plots, as the window is. */
function useWidth() {
  const [width, setWidth] = useState(0);
  const watch = useRef<ResizeObserver | null>(null);
  const place = useCallback((element: HTMLDivElement | null) => {
    watch.current?.disconnect();
    if (!element) return;
    watch.current = new ResizeObserver(([entry]) => setWidth(Math.round(entry?.contentRect.width ?? 0)));
    watch.current.observe(element);
  }, []);
  return [place, Math.max(width, LEAST_PX)] as const;
}

/** History of the plotted signals, read again now and then, and what the stream adds to it. */
function useTraces(names: readonly string[], choice: Choice, width: number) {
  const traces = useRef(new Traces()).current;
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<ApiError | null>(null);
  const isLive = choice.liveS !== null;
  const stream = useStream(isLive ? names : NONE, (points) => traces.add(points));
  const [key, px] = [names.join(), Math.max(LEAST_PX, Math.ceil(width / 100) * 100)];
  const fixed = isLive ? "" : `${iso(choice.fromS)} ${iso(choice.toS)}`;
  useEffect(() => {
    if (!key) return;
    let isCurrent = true;
    const read = () => {
      if (document.visibilityState === "hidden") return;
      const toS = Date.now() / 1000 + AHEAD_S;
      const [from, to] = fixed ? fixed.split(" ") : [iso(toS - AHEAD_S - (choice.liveS ?? 0)), iso(toS)];
      const query = new URLSearchParams([["from_at", from!], ["to_at", to!], ["px", String(px)]]);
      for (const name of key.split(",")) query.append("signal", name);
      get<TelemetryHistory>(`/telemetry?${query}`).then(
        (history) => {
          if (!isCurrent) return;
          traces.replace(history.signals);
          traces.forget(Date.parse(from!) / 1000);
          setVersion((last) => last + 1);
          setError(null);
        },
        (failed: ApiError) => isCurrent && setError(failed),
      );
    };
    read();
    document.addEventListener("visibilitychange", read);
    const everyS = stream === "polling" ? POLLED_HISTORY_S : HISTORY_S;
    const timer = fixed ? 0 : setInterval(read, everyS * 1000);
    return () => {
      isCurrent = false;
      clearInterval(timer);
      document.removeEventListener("visibilitychange", read);
    };
  }, [key, px, fixed, choice.liveS, stream, traces]);
  return { traces, version, error, stream };
}

/** The clock of a sender may be a little ahead of this one. */
const AHEAD_S = 60;

interface BannerProps {
  listed: Loaded<LiveSignal[]>;
  signals: readonly LiveSignal[];
  error: ApiError | null;
  stream: StreamState;
  isLive: boolean;
  now: number;
}

/** One line: whether the API answers, values arrive, and how they come here. */
function Banner({ listed, signals, error, stream, isLive, now }: BannerProps) {
  const failed = listed.error ?? error;
  const newest = Math.max(...signals.map((each) => Date.parse(each.last_at)));
  if (failed && failed.http !== 404) {
    return (
      <div role="alert">
        <p className="headline gone">
          ! NO CONNECTION{" "}
          <small>
            {failed.message}. {signals.length ? `Shown below: what was known at ${clock(iso(newest / 1000), now)}.` : ""} Trying again.
          </small>
        </p>
      </div>
    );
  }
  const awaited = signals.filter((each) => each.state !== "ended");
  const silent = awaited.filter((each) => each.state === "silent");
  if (silent.length) {
    const sources = [...new Set(silent.map((each) => each.source || "an unnamed source"))].join(", ");
    const youngest = Math.min(...silent.map((each) => each.age_s));
    return (
      <div role="alert">
        <p className="headline FAILED">
          × {silent.length === awaited.length ? "ALL" : `${silent.length} OF ${awaited.length}`} SIGNALS SILENT{" "}
          <small>
            {sources} sent nothing for {duration(youngest)}. <Link to="/?process=live_signals">Why, and what to do</Link>
          </small>
        </p>
      </div>
    );
  }
  return (
    <>
      {error && <Alert>{error.message}</Alert>}
      {listed.data && isLive && awaited.length > 0 && (
        <p role="status">
          {stream === "streaming" ? (
            <span className="mark HEALTHY">✓ streaming</span>
          ) : (
            <span className="mark WARNING">! polling</span>
          )}{" "}
          {stream === "streaming" ? "Values are shown as they come." : `The event stream is away; values are read every ${POLLED_HISTORY_S} s.`}
        </p>
      )}
    </>
  );
}

function NoSignal({ source }: { source: string }) {
  if (source) return <p className="dim">No signal is from {source}.</p>;
  return (
    <p>
      No signal has arrived yet. <code>dataflow-health simulate --live</code> sends five; others are sent to{" "}
      <code>POST /api/v1/telemetry</code>.
    </p>
  );
}

function Source({ address, sources, chosen }: { address: URL; sources: readonly string[]; chosen: string }) {
  const all = [...new Set([...sources, ...(chosen ? [chosen] : [])])];
  const choose = (source: string) => go(withQuery(new URL(withSignals(address, []), location.href), { source }));
  return (
    <label className="filter">
      Source{" "}
      <select value={chosen} onChange={(event) => choose(event.target.value)}>
        <option value="">all</option>
        {all.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}
