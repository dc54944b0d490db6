/** One parameter over time: as many points as the plot has pixels, gaps and findings as bands. */
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { AlgorithmFinding, ParameterSeries } from "../api";
import { useData } from "../hooks";
import { Alert } from "../parts";

export interface Span {
  from: string;
  to: string;
}

interface PaneProps {
  recording: string;
  parameter: string;
  span: Span;
  width: number;
  findings: readonly AlgorithmFinding[];
  zoom: (span: Span) => void;
  remove: () => void;
}

const HEIGHT = 210;
const SYNC = "flight";

export function Pane({ recording, parameter, span, width, findings, zoom, remove }: PaneProps) {
  const series = useData<ParameterSeries>(`/recordings/${recording}/series`, 0, {
    parameter,
    from: span.from,
    to: span.to,
    px: Math.max(100, Math.round(width)),
  });
  const place = useRef<HTMLDivElement>(null);
  const latest = useRef(zoom);
  latest.current = zoom;
  const data = series.data;
  useEffect(() => {
    if (!place.current || !data) return;
    const plot = new uPlot(options(data, width, findings, (to) => latest.current(to)), points(data), place.current);
    return () => plot.destroy();
  }, [data, width, findings]);
  return (
    <section className="section pane" aria-label={parameter}>
      <h2>
        {parameter} <span className="count">{data?.unit}</span>
        <button className="quiet" onClick={remove} aria-label={`Remove ${parameter}`}>
          ×
        </button>
      </h2>
      {series.error && <Alert>{series.error.message}</Alert>}
      {data && !data.values.length && <p className="dim">No value in this time.</p>}
      {data && data.values.length > 0 && <p className="dim">{summary(data)}</p>}
      <div ref={place} />
    </section>
  );
}

const points = (data: ParameterSeries): uPlot.AlignedData => [[...data.at_s], [...data.values]];

/** The same in words, for those who do not see the plot. */
function summary(data: ParameterSeries): string {
  const known = data.values.filter((value): value is number => value !== null);
  const low = known.reduce((a, b) => Math.min(a, b));
  const high = known.reduce((a, b) => Math.max(a, b));
  const short = (value: number) => Number(value.toPrecision(6));
  const gaps = data.gaps?.length ? `, ${data.gaps.length} gaps` : "";
  return `${short(low)} to ${short(high)} ${data.unit}, ${data.samples} samples${gaps}`;
}

function options(
  data: ParameterSeries,
  width: number,
  findings: readonly AlgorithmFinding[],
  zoom: (span: Span) => void,
): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--ink"), grid: { stroke: colour("--line"), width: 1 } };
  return {
    width,
    height: HEIGHT,
    legend: { show: true },
    cursor: { sync: { key: SYNC }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: false } },
    axes: [{ ...axis, values: (_plot, ticks) => ticks.map(minutes) }, { ...axis, size: 70 }],
    series: [
      { label: "time", value: (_plot, at) => (at == null ? "" : minutes(at)) },
      { label: data.parameter, stroke: colour("--accent"), width: 1.5, spanGaps: false },
    ],
    hooks: {
      drawClear: [
        (plot) => {
          for (const [from, to] of data.gaps ?? []) band(plot, from, to, colour("--blocked-soft"));
          for (const each of findings) band(plot, each.start_s, each.end_s, colour(severityColour(each.severity)));
        },
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 5) return;
          const at = (x: number) => plot.posToVal(x, "x").toFixed(2);
          zoom({ from: at(left), to: at(left + wide) });
        },
      ],
    },
  };
}

const severityColour = (severity: string) => (severity === "alert" ? "--failed" : "--warning");
const MIN_BAND_PX = 3;

function band(plot: uPlot, from: number, to: number, fill: string): void {
  const [left, right] = [plot.valToPos(from, "x", true), plot.valToPos(to, "x", true)];
  const { left: edge, top, width, height } = plot.bbox;
  const [x1, x2] = [Math.max(left, edge), Math.min(Math.max(right, left + MIN_BAND_PX), edge + width)];
  if (x2 <= x1) return;
  plot.ctx.save();
  plot.ctx.globalAlpha = 0.45;
  plot.ctx.fillStyle = fill;
  plot.ctx.fillRect(x1, top, x2 - x1, height);
  plot.ctx.restore();
}

/** `1:02:05` or `2:05.5`, since the start of the recording. */
export function minutes(at: number): string {
  const sign = at < 0 ? "-" : "";
  const s = Math.abs(at);
  const [h, m] = [Math.floor(s / 3600), Math.floor((s % 3600) / 60)];
  const rest = Number((s % 60).toFixed(2));
  const padded = `${rest < 10 ? "0" : ""}${rest}`;
  return h ? `${sign}${h}:${String(m).padStart(2, "0")}:${padded}` : `${sign}${m}:${padded}`;
}
