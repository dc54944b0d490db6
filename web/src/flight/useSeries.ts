/** Samples around the shown time, wider than it, so that the plot moves before new ones are there. */
import { useRef } from "react";
import type { ApiError, ParameterSeries } from "../api";
import { useData } from "../hooks";
import type { Span } from "./view";

/** Widths of the shown time that are read on each side of it. */
const MARGIN = 1;
const MAX_PX = 10_000;

export interface LoadedSeries {
  data: ParameterSeries | null;
  error: ApiError | null;
}

export function useSeries(
  recording: string,
  parameter: string,
  span: Span | null,
  px: number,
  offset = 0,
): LoadedSeries {
  const last = useRef<ParameterSeries | null>(null);
  const beside = span ? (span.to - span.from) * MARGIN : 0;
  const loaded = useData<ParameterSeries>(recording ? `/recordings/${recording}/series` : null, 0, {
    parameter,
    from: span ? (span.from + offset - beside).toFixed(2) : "",
    to: span ? (span.to + offset + beside).toFixed(2) : "",
    px: Math.min(MAX_PX, Math.round(Math.max(px, 100) * (span ? 1 + 2 * MARGIN : 1))),
  });
  if (loaded.data) last.current = loaded.data;
  return { data: loaded.error ? null : last.current, error: loaded.error };
}
