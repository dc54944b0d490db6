/** Chooses the time that the board shows: now, or a time of the past. */
import { useEffect, useState } from "react";
import { clock, duration } from "../format";
import { go, withQuery } from "../hooks";
import { TimeField } from "../TimeField";

const HOURS = 7 * 24;
const STEPS_PER_HOUR = 4;
const MS_PER_STEP = 3_600_000 / STEPS_PER_HOUR;
const OLDEST = -HOURS * STEPS_PER_HOUR;
/** The slider follows the hand at once, the board when the hand rests: each time is a request. */
const REST_MS = 150;

interface TimeSliderProps {
  address: URL;
  /** Chosen time, or empty for now. */
  at: string;
  now: number;
}

export function TimeSlider({ address, at, now }: TimeSliderProps) {
  const [moving, setMoving] = useState<number | null>(null);
  const chosen = at ? Math.round((Date.parse(at) - now) / MS_PER_STEP) : 0;
  const step = Math.max(OLDEST, moving ?? chosen);
  const show = (time: string) => {
    setMoving(null);
    go(withQuery(address, { at: time, process: "" }), { replace: true });
  };
  useEffect(() => {
    if (moving === null) return;
    const timer = setTimeout(() => show(timeOf(moving, now)), REST_MS);
    return () => clearTimeout(timer);
  }, [moving]);
  const shown = moving === null ? at : timeOf(moving, now);
  const text = shown ? `${clock(shown, now)}, ${ago(shown, now)}` : "now";
  return (
    <div className="slider">
      <label>
        Shown time
        <input
          type="range"
          min={OLDEST}
          max={0}
          value={step}
          aria-valuetext={text}
          onChange={(event) => setMoving(Number(event.target.value))}
        />
      </label>
      <output>{text}</output>
      <TimeField
        label="or at (UTC)"
        value={at}
        max={now}
        onChange={(time) => show(Date.parse(time) < now ? time : "")}
      />
    </div>
  );
}

export const ago = (at: string, now: number) => `${duration((now - Date.parse(at)) / 1000)} ago`;

/** Time of a step, to the minute; empty for now. */
function timeOf(step: number, now: number): string {
  if (step >= 0) return "";
  const chosen = new Date(now + step * MS_PER_STEP);
  chosen.setSeconds(0, 0);
  return chosen.toISOString();
}
