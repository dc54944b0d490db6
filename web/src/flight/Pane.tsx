/** One parameter over time: its line, that of another flight, and what the legend names. */
import { useEffect, useRef, type KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { AlgorithmLimit, ParameterSeries } from "../api";
import { Alert } from "../parts";
import { colour, drawBehind, drawOver, valueRange, type Layers } from "./layers";
import { useSeries } from "./useSeries";
import { minutes, type Span, type View } from "./view";

export interface Other {
  recording: string;
  name: string;
  /** Second of the other flight at second 0 of this one. */
  offset: number;
}

interface PaneProps {
  recording: string;
  parameter: string;
  view: View;
  /** The shown time when it rested last; null for the whole recording. */
  span: Span | null;
  width: number;
  layers: Omit<Layers, "gaps" | "limits">;
  limits: readonly AlgorithmLimit[];
  other: Other | null;
  remove: () => void;
}

const HEIGHT = 230;
const SYNC = "flight";
const STEP = 0.1;

export function Pane(props: PaneProps) {
  const { recording, parameter, view, span, width, limits, other, remove } = props;
  const series = useSeries(recording, parameter, span, width);
  const beside = useSeries(other?.recording ?? "", parameter, span, width, other?.offset);
  const place = useRef<HTMLDivElement>(null);
  const data = series.data;
  const layers: Layers = { ...props.layers, gaps: data?.gaps ?? [], limits };
  const shown = useRef(layers);
  shown.current = layers;
  const plot = useRef<uPlot | null>(null);
  const isOver = other !== null && beside.data !== null;
  const isThere = data !== null;

  useEffect(() => {
    if (!place.current || !isThere) return;
    const made = new uPlot(options(parameter, width, view, shown, isOver ? other.name : ""), undefined, place.current);
    plot.current = made;
    const leave = [
      view.listen(({ from, to }) => made.setScale("x", { min: from, max: to })),
      handOver(made, view),
    ];
    return () => {
      leave.forEach((each) => each());
      made.destroy();
      plot.current = null;
    };
  }, [isThere, parameter, width, view, isOver, other?.name]);

  useEffect(() => {
    if (!plot.current || !data) return;
    plot.current.setData(points(data, isOver ? beside.data : null, other?.offset ?? 0), false);
    plot.current.setScale("x", { min: view.span.from, max: view.span.to });
  }, [isThere, data, beside.data, isOver, other?.offset, view, width]);

  useEffect(() => plot.current?.redraw(false), [props.layers, limits]);

  const move = (event: KeyboardEvent) => {
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act(view);
  };
  return (
    <section className="section pane" aria-label={parameter}>
      <h2>
        {parameter} <span className="count">{data?.unit}</span>
        <button className="quiet" onClick={remove} aria-label={`Remove ${parameter}`}>
          ×
        </button>
      </h2>
      {series.error && <Alert>{series.error.message}</Alert>}
      {other && beside.error && (
        <p className="dim">
          {other.name}: {beside.error.message}
        </p>
      )}
      {data && <p className="dim">{summary(data, span)}</p>}
      <div
        ref={place}
        className="plot"
        role="application"
        tabIndex={0}
        aria-label={`Plot of ${parameter}: arrow keys move, plus and minus zoom, 0 shows all`}
        onKeyDown={move}
      />
      <Legend limits={limits} unit={data?.unit ?? ""} name={parameter} other={isOver ? other.name : ""} />
    </section>
  );
}

const KEYS: Record<string, (view: View) => void> = {
  ArrowLeft: (view) => view.pan(-STEP),
  ArrowRight: (view) => view.pan(STEP),
  "+": (view) => view.zoom(0.5),
  "-": (view) => view.zoom(2),
  "0": (view) => view.show(view.whole),
};

function Legend({ limits, unit, name, other }: { limits: readonly AlgorithmLimit[]; unit: string; name: string; other: string }) {
  return (
    <ul className="legend" aria-label={`Lines of ${name}`}>
      <li>
        <i className="line own" /> {other ? "this flight" : name}
      </li>
      {other && (
        <li>
          <i className="line other" /> {other}
        </li>
      )}
      {limits.map((each) => (
        <li key={`${each.algorithm} ${each.value}`} title={each.describes}>
          <i className={`line limit limit-${each.severity}`} /> limit {each.value} {unit}: {each.algorithm},{" "}
          {each.severity}
        </li>
      ))}
    </ul>
  );
}

/** This flight's samples, and those of another at its own seconds. */
function points(data: ParameterSeries, other: ParameterSeries | null, offset: number): uPlot.AlignedData {
  const own: uPlot.AlignedData = [[...data.at_s], [...data.values]];
  if (!other) return own;
  return uPlot.join([own, [other.at_s.map((at) => at - offset), [...other.values]]]);
}

/** The same in words, for those who do not see the plot. */
function summary(data: ParameterSeries, span: Span | null): string {
  const values: number[] = [];
  data.values.forEach((value, index) => {
    const at = data.at_s[index]!;
    if (value !== null && (!span || (at >= span.from && at <= span.to))) values.push(value);
  });
  if (!values.length) return "No value in this time.";
  const short = (value: number) => Number(value.toPrecision(6));
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const number = data.gaps?.length ?? 0;
  const gaps = number ? `, ${number} ${number === 1 ? "gap" : "gaps"} in the recording` : "";
  const samples = span ? "" : `, ${data.samples} samples`;
  return `${short(low)} to ${short(high)} ${data.unit}${samples}${gaps}`;
}

function options(
  parameter: string,
  width: number,
  view: View,
  layers: { current: Layers },
  other: string,
): uPlot.Options {
  const axis = { stroke: colour("--ink"), grid: { stroke: colour("--line"), width: 1 } };
  const line = { width: 1.5, spanGaps: false, points: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: true },
    cursor: { sync: { key: SYNC }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: { time: false, auto: false, min: view.span.from, max: view.span.to },
      y: {
        range: (_plot, low, high) =>
          low == null || high == null ? [0, 1] : valueRange(low, high, layers.current.limits),
      },
    },
    axes: [{ ...axis, values: (_plot, ticks) => ticks.map(minutes) }, { ...axis, size: 70 }],
    series: [
      { label: "time", value: (_plot, at) => (at == null ? "" : minutes(at)) },
      { ...line, label: parameter, stroke: colour("--accent") },
      ...(other ? [{ ...line, label: other, stroke: colour("--other"), dash: [6, 3] }] : []),
    ],
    hooks: {
      drawClear: [(plot) => drawBehind(plot, layers.current)],
      draw: [(plot) => drawOver(plot, layers.current)],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 5) return;
          view.show({ from: plot.posToVal(left, "x"), to: plot.posToVal(left + wide, "x") });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** Dragging with Shift moves the time; the wheel does with Shift, and zooms with Ctrl. */
function handOver(plot: uPlot, view: View): () => void {
  const over = plot.over;
  let last: number | null = null;
  const second = (px: number) => ((view.span.to - view.span.from) * px) / over.clientWidth;
  const down = (event: MouseEvent) => {
    if (!event.shiftKey || event.button !== 0) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    last = event.clientX;
  };
  const drag = (event: MouseEvent) => {
    if (last === null) return;
    const by = second(event.clientX - last);
    last = event.clientX;
    view.show({ from: view.span.from - by, to: view.span.to - by });
  };
  const up = () => (last = null);
  const wheel = (event: WheelEvent) => {
    if (!event.ctrlKey && !event.shiftKey) return;
    event.preventDefault();
    const by = event.deltaY || event.deltaX;
    if (event.shiftKey) view.pan(Math.sign(by) * STEP);
    else view.zoom(by > 0 ? 1.25 : 0.8, plot.posToVal(event.offsetX, "x"));
  };
  over.addEventListener("mousedown", down, true);
  over.addEventListener("wheel", wheel, { passive: false });
  window.addEventListener("mousemove", drag);
  window.addEventListener("mouseup", up);
  return () => {
    window.removeEventListener("mousemove", drag);
    window.removeEventListener("mouseup", up);
  };
}
