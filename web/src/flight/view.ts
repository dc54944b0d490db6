/** The shown time of a flight: moved at once in every plot, and kept in the address once it rests. */
export interface Span {
  from: number;
  to: number;
}

const REST_MS = 250;
const SHORTEST_S = 0.5;

type Listener = (span: Span) => void;

export class View {
  private readonly listeners = new Set<Listener>();
  private timer = 0;
  private frame = 0;

  constructor(
    public span: Span,
    public whole: Span,
    private readonly rest: Listener,
  ) {}

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Shows another time; the plots follow at the next frame. */
  show(span: Span): void {
    const length = Math.max(span.to - span.from, SHORTEST_S);
    this.span = { from: span.from, to: span.from + length };
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      for (const listener of this.listeners) listener(this.span);
    });
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.rest(this.span), REST_MS);
  }

  /** Moves by a share of what is shown. */
  pan(share: number): void {
    const by = (this.span.to - this.span.from) * share;
    this.show({ from: this.span.from + by, to: this.span.to + by });
  }

  /** Shows a share of the time around a second, by default the middle; more than 1 shows more. */
  zoom(share: number, around = (this.span.from + this.span.to) / 2): void {
    const { from, to } = this.span;
    this.show({ from: around - (around - from) * share, to: around + (to - around) * share });
  }
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
