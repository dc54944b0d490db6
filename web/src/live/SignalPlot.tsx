/** One live signal over time: it moves with the clock, with limits, crossings and silence to be seen. */
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { serverNowMs, type LimitCrossing, type LiveLimit, type LiveSignal } from "../api";
import { duration, seconds } from "../format";
import type { Traces } from "./traces";

interface PlotProps {
  name: string;
  signal: LiveSignal | undefined;
  traces: Traces;
  /** Rises when the history was read again. */
  version: number;
  liveS: number | null;
  fromS: number;
  toS: number;
  width: number;
  limits: readonly LiveLimit[];
  crossings: readonly LimitCrossing[];
  zoom: (fromS: number, toS: number) => void;
  remove: () => void;
}

const HEIGHT = 200;
const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const MIN_DRAG_PX = 5;
const MIN_BAND_PX = 2;
/** Opacity of the area between lowest and highest value, as the last two digits of its colour. */
const SHADE = "40";

export function SignalPlot(props: PlotProps) {
  const { name, traces, version, liveS, width } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [text, setText] = useState("");
  useEffect(() => {
    const made = new uPlot(options(name, width, latest), [[], [], [], []], place.current!);
    plot.current = made;
    return () => made.destroy();
  }, [name, width]);
  useEffect(() => {
    const draw = () => {
      if (document.visibilityState === "hidden") return;
      const columns = traces.columns(name);
      plot.current?.setData(columns as uPlot.AlignedData);
      setText(describe(traces, name, props.signal?.unit ?? ""));
    };
    draw();
    if (liveS === null) return;
    // A pixel is the least that a plot can move by.
    const pauseMs = Math.min(Math.max((liveS / width) * 1000, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
    const timer = setInterval(draw, pauseMs);
    return () => clearInterval(timer);
  }, [name, traces, version, liveS, width, props.fromS, props.limits, props.crossings, props.signal?.unit]);
  return (
    <section className="section pane" aria-label={name}>
      <h2>
        {name} <span className="count">{props.signal?.unit}</span>
        <button className="quiet" onClick={props.remove} aria-label={`Remove ${name}`}>
          ×
        </button>
      </h2>
      <p className="dim">{text}</p>
      {limitsOf(name, props.limits).map((each) => (
        <p key={each.name} className="limit-text">
          <span className={`swatch severity-${each.severity}`} aria-hidden="true" /> {each.name} ({each.severity}):{" "}
          {bandText(name, each)}. {each.describes}
        </p>
      ))}
      <div ref={place} />
    </section>
  );
}

const limitsOf = (name: string, limits: readonly LiveLimit[]) => limits.filter((each) => each.signals.includes(name));

const short = (value: number) => Number(value.toPrecision(5));

function bandText(name: string, limit: LiveLimit): string {
  const texts = (limit.bands ?? [])
    .filter((each) => each.signal === name)
    .map(({ low, high }) => {
      if (low == null) return `below ${short(high ?? 0)}`;
      return high == null ? `above ${short(low)}` : `${short(low)} to ${short(high)}`;
    });
  return texts.join(" or ") || "not a value of this signal alone";
}

/** The plot in words, for those who do not see it. */
function describe(traces: Traces, name: string, unit: string): string {
  const found = traces.summary(name);
  if (!found) return "No value in this time.";
  const kind = found.isSingle
    ? `${found.count} values`
    : `${found.count} means of ${found.stepS < 60 ? seconds(found.stepS) : duration(found.stepS)} each, with lowest and highest`;
  return `${short(found.low)} to ${short(found.high)} ${unit}, ${kind}`.replace(" ,", ",");
}

type Latest = { current: PlotProps };

function options(name: string, width: number, latest: Latest): uPlot.Options {
  const axis = { stroke: () => colour("--ink"), grid: { stroke: () => colour("--line"), width: 1 } };
  const shown = (value: number | null) => (value == null ? "" : String(short(value)));
  return {
    width,
    height: HEIGHT,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
    legend: { show: true },
    cursor: { sync: { key: "live" }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: true, range: () => span(latest.current) }, y: { range: (_plot, low, high) => reach(latest.current, low, high) } },
    axes: [{ ...axis, values: clockTicks }, { ...axis, size: 64 }],
    series: [
      { label: "UTC", value: (_plot, at) => (at == null ? "" : new Date(at * 1000).toISOString().slice(0, 19).replace("T", " ")) },
      { label: name, stroke: () => colour("--accent"), width: 1.5, spanGaps: false, points: { show: false }, value: (_plot, value) => shown(value) },
      { label: "lowest", stroke: "transparent", points: { show: false }, value: (_plot, value) => shown(value) },
      { label: "highest", stroke: "transparent", points: { show: false }, value: (_plot, value) => shown(value) },
    ],
    bands: [{ series: [3, 2], fill: () => `${colour("--accent")}${SHADE}` }],
    hooks: {
      drawClear: [(plot) => drawMarks(plot, latest.current)],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < MIN_DRAG_PX) return;
          latest.current.zoom(plot.posToVal(left, "x"), plot.posToVal(left + wide, "x"));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The window: up to now while it is live, so that silence is seen as an empty end. */
function span({ liveS, fromS, toS }: PlotProps): [number, number] {
  if (liveS === null) return [fromS, toS];
  const now = serverNowMs() / 1000;
  return [now - liveS, now];
}

/** Range of the values, and of the limits that are near them. */
function reach({ name, limits }: PlotProps, low: number | null, high: number | null): [number, number] {
  if (low == null || high == null) return [0, 1];
  const wide = high - low || Math.abs(high) || 1;
  let [bottom, top] = [low, high];
  for (const limit of limitsOf(name, limits)) {
    for (const band of limit.bands ?? []) {
      if (band.signal !== name) continue;
      for (const edge of [band.low, band.high]) {
        if (edge == null || edge < low - wide || edge > high + wide) continue;
        [bottom, top] = [Math.min(bottom, edge), Math.max(top, edge)];
      }
    }
  }
  const room = (top - bottom || wide) * 0.08;
  return [bottom - room, top + room];
}

const DAY_S = 86_400;

function clockTicks(_plot: uPlot, ticks: number[]): string[] {
  const isLong = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0) > DAY_S;
  const isFine = (ticks[1] ?? 0) - (ticks[0] ?? 0) < 60;
  return ticks.map((at) => {
    const text = new Date(at * 1000).toISOString();
    if (isLong) return `${text.slice(5, 10)} ${text.slice(11, 16)}`;
    return isFine ? text.slice(11, 19) : text.slice(11, 16);
  });
}

const COLOURS: Record<string, string> = { alert: "--failed", warning: "--warning", info: "--blocked" };

function drawMarks(plot: uPlot, { name, limits, crossings }: PlotProps): void {
  const { left, top, width, height } = plot.bbox;
  const context = plot.ctx;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  const own = limitsOf(name, limits);
  for (const limit of own) {
    context.fillStyle = context.strokeStyle = colour(COLOURS[limit.severity] ?? "--blocked");
    for (const { signal, low, high } of limit.bands ?? []) {
      if (signal !== name) continue;
      const bottom = low == null ? top + height : plot.valToPos(low, "y", true);
      const upper = high == null ? top : plot.valToPos(high, "y", true);
      context.globalAlpha = 0.16;
      context.fillRect(left, upper, width, bottom - upper);
      context.globalAlpha = 1;
      context.lineWidth = 1.5 * devicePixelRatio;
      for (const edge of [low == null ? null : bottom, high == null ? null : upper]) {
        if (edge === null) continue;
        context.beginPath();
        context.moveTo(left, edge);
        context.lineTo(left + width, edge);
        context.stroke();
      }
    }
  }
  const names = new Set(own.map((each) => each.name));
  for (const each of crossings) {
    if (!names.has(each.algorithm)) continue;
    const from = plot.valToPos(Date.parse(each.start_at) / 1000, "x", true);
    const to = plot.valToPos(Date.parse(each.end_at) / 1000, "x", true);
    context.fillStyle = colour(COLOURS[each.severity] ?? "--blocked");
    context.globalAlpha = 0.3;
    context.fillRect(from, top, Math.max(to - from, MIN_BAND_PX * devicePixelRatio), height);
  }
  context.restore();
}
