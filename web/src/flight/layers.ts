/** What a plot shows behind and over its line: phases, gaps, findings, annotations and limits. */
import type uPlot from "uplot";
import type { AlgorithmFinding, AlgorithmLimit, Annotation, FlightPhases } from "../api";

export interface Layers {
  gaps: readonly (readonly number[])[];
  phases: FlightPhases["phases"];
  findings: readonly AlgorithmFinding[];
  annotations: readonly Annotation[];
  limits: readonly AlgorithmLimit[];
}

const STRIP_PX = 16;
const MIN_BAND_PX = 3;
const MIN_WORD_PX = 8;
const WORD_PX = 13;
const GROUND = ["power_off", "start", "ground", "taxi", "landing", "shutdown", "unknown"];

const KEPT_MS = 1000;
const colours = new Map<string, string>();
let keptAt = 0;

/** A colour of the style sheet, kept for a second, as every frame of a moving plot asks for some. */
export function colour(name: string): string {
  if (performance.now() - keptAt > KEPT_MS) colours.clear();
  let found = colours.get(name);
  if (found === undefined) {
    if (!colours.size) keptAt = performance.now();
    found = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    colours.set(name, found);
  }
  return found;
}

export const severityColour = (severity: string) =>
  severity === "alert" ? "--failed" : severity === "warning" ? "--warning" : "--blocked";

/** Behind the line. */
export function drawBehind(plot: uPlot, layers: Layers): void {
  for (const [from, to] of layers.gaps) hatch(plot, from!, to!);
  for (const each of layers.findings) {
    band(plot, each.start_s, each.end_s, colour(severityColour(each.severity)), 0.4);
  }
}

/** Over the line: thin, with few words, as the legend has them all. */
export function drawOver(plot: uPlot, layers: Layers): void {
  for (const each of layers.phases) phase(plot, each.phase, each.start_s, each.end_s);
  let word = Infinity; // limits ascend, so that each word lies above the one before
  for (const each of layers.limits) word = limit(plot, each, word);
  for (const each of layers.annotations) if (each.start_s != null) mark(plot, each);
}

function edges(plot: uPlot, from: number, to: number, least = MIN_BAND_PX): [number, number] | null {
  const { left, width } = plot.bbox;
  const [a, b] = [plot.valToPos(from, "x", true), plot.valToPos(to, "x", true)];
  const [x1, x2] = [Math.max(a, left), Math.min(Math.max(b, a + least), left + width)];
  return x2 > x1 ? [x1, x2] : null;
}

function band(plot: uPlot, from: number, to: number, fill: string, alpha: number): void {
  const place = edges(plot, from, to);
  if (!place) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.globalAlpha = alpha;
  ctx.fillStyle = fill;
  ctx.fillRect(place[0], bbox.top, place[1] - place[0], bbox.height);
  ctx.restore();
}

/** A gap is hatched, so that it differs from a finding without colours. */
function hatch(plot: uPlot, from: number, to: number): void {
  const place = edges(plot, from, to);
  if (!place) return;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(place[0], bbox.top, place[1] - place[0], bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour("--dim");
  ctx.globalAlpha = 0.5;
  for (let x = place[0] - bbox.height; x < place[1]; x += 10 * devicePixelRatio) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

function phase(plot: uPlot, name: string, from: number, to: number): void {
  const place = edges(plot, from, to, 1);
  if (!place) return;
  const { ctx, bbox } = plot;
  const [high, wide] = [STRIP_PX * devicePixelRatio, place[1] - place[0]];
  const top = bbox.top + bbox.height - high;
  ctx.save();
  ctx.fillStyle = colour(GROUND.includes(name) ? "--blocked-soft" : "--phase-air");
  ctx.fillRect(place[0], top, wide, high);
  ctx.strokeStyle = colour("--line");
  ctx.strokeRect(place[0], top, wide, high);
  const word = name.replaceAll("_", " ");
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  if (ctx.measureText(word).width + MIN_WORD_PX * devicePixelRatio < wide) {
    ctx.fillStyle = colour("--ink");
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(word, place[0] + wide / 2, top + high / 2);
  }
  ctx.restore();
}

/** Draws a limit, with its word where none is near; returns the height of the last word. */
function limit(plot: uPlot, { value, severity }: AlgorithmLimit, last: number): number {
  const { ctx, bbox } = plot;
  const y = plot.valToPos(value, "y", true);
  if (y < bbox.top || y > bbox.top + bbox.height) return last;
  ctx.save();
  ctx.strokeStyle = colour(severity === "alert" ? "--failed" : "--dim");
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([8 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.fillStyle = colour("--ink");
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  const isFree = last - y > WORD_PX * devicePixelRatio;
  if (isFree) ctx.fillText(`limit ${value}`, bbox.left + bbox.width - 4 * devicePixelRatio, y - 2);
  ctx.restore();
  return isFree ? y : last;
}

function mark(plot: uPlot, annotation: Annotation): void {
  const { ctx, bbox } = plot;
  const from = annotation.start_s!;
  if (annotation.end_s != null) band(plot, from, annotation.end_s, colour("--accent"), 0.12);
  const x = plot.valToPos(from, "x", true);
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = colour("--accent");
  ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.font = `bold ${12 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  ctx.fillText(`✎${annotation.id}`, x + 3 * devicePixelRatio, bbox.top + 2);
  ctx.restore();
}

/** A limit that is not far from the samples belongs to the shown range; a remote one would flatten them. */
export function valueRange(low: number, high: number, limits: readonly AlgorithmLimit[]): [number, number] {
  const span = high - low || Math.abs(high) || 1;
  const near = limits.map((each) => each.value).filter((at) => at > low - span && at < high + span);
  const [least, most] = [Math.min(low, ...near), Math.max(high, ...near)];
  const margin = (most - least || 1) * 0.08;
  return [least - margin - (most - least || 1) * 0.08, most + margin];
}
