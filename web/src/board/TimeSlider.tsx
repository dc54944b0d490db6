/** Chooses the time that the board shows: now, or a time of the last seven days. */
import { clock, duration } from "../format";
import { go, withQuery } from "../hooks";

const HOURS = 7 * 24;
const STEPS_PER_HOUR = 4;
const MS_PER_STEP = 3_600_000 / STEPS_PER_HOUR;

export function TimeSlider({ address, now }: { address: URL; now: number }) {
  const at = address.searchParams.get("at");
  const steps = at ? Math.round((Date.parse(at) - now) / MS_PER_STEP) : 0;
  const choose = (step: number) => {
    const chosen = new Date(now + step * MS_PER_STEP);
    chosen.setSeconds(0, 0);
    go(withQuery(address, { at: step < 0 ? chosen.toISOString() : "", process: "" }), { replace: true });
  };
  const text = at ? `${clock(at, now)}, ${duration((now - Date.parse(at)) / 1000)} ago` : "now";
  return (
    <div className="slider">
      <label>
        Shown time
        <input
          type="range"
          min={-HOURS * STEPS_PER_HOUR}
          max={0}
          value={Math.max(-HOURS * STEPS_PER_HOUR, steps)}
          aria-valuetext={text}
          onChange={(event) => choose(Number(event.target.value))}
        />
      </label>
      <output>{text}</output>
      {at && <button onClick={() => choose(0)}>Back to now</button>}
    </div>
  );
}
