/** One process over many days: a bar a day, read by pointer and by keyboard. */
import { memo, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { ProcessCalendar, StatusDay } from "../api";
import { spoken } from "../format";
import { dayName, dayText, isPartial, summary } from "./bars";

const WEEK = 7;

interface BarsProps {
  calendar: ProcessCalendar;
  /** Opens a day. */
  choose: (process: string, day: string) => void;
}

export const Bars = memo(function Bars({ calendar, choose }: BarsProps) {
  const { days, process } = calendar;
  const last = days.length - 1;
  const [index, setIndex] = useState(last);
  const [isShown, setShown] = useState(false);
  const at = Math.min(index, last);
  const day = days[at]!;
  const { red, watched } = summary(days);
  const under = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return Math.max(0, Math.min(last, Math.floor(share * days.length)));
  };
  const press = (event: KeyboardEvent) => {
    const next = moved(event.key, at, last);
    if (event.key === "Enter" || event.key === " ") choose(process, day.day);
    else if (next === null) return;
    else setIndex(next);
    event.preventDefault();
  };
  return (
    <li className="calendar">
      <b className="process">{spoken(process)}</b>
      <div
        className="day-bars"
        role="slider"
        tabIndex={0}
        aria-label={`Days of ${spoken(process)}`}
        aria-valuemin={1}
        aria-valuemax={days.length}
        aria-valuenow={at + 1}
        aria-valuetext={`${dayName(day.day)}: ${dayText(day)}`}
        onKeyDown={press}
        onFocus={() => setShown(true)}
        onBlur={() => setShown(false)}
        onPointerMove={(event) => {
          setIndex(under(event));
          setShown(true);
        }}
        onPointerLeave={(event) => setShown(document.activeElement === event.currentTarget)}
        onClick={() => choose(process, day.day)}
      >
        {days.map((each, number) => (
          <Bar key={each.day} day={each} isChosen={isShown && number === at} />
        ))}
        {isShown && (
          <span
            className={at > last / 2 ? "tip left" : "tip"}
            style={{ [at > last / 2 ? "right" : "left"]: place(at, last) }}
          >
            <b>{dayName(day.day)}</b> {dayText(day)}
          </span>
        )}
      </div>
      <span className="sum">
        <span>{red}</span> {watched && <span className="dim">{watched}</span>}
      </span>
    </li>
  );
});

const Bar = memo(function Bar({ day, isChosen }: { day: StatusDay; isChosen: boolean }) {
  const look = `${day.status}${isPartial(day) ? " partial" : ""}${isChosen ? " chosen" : ""}`;
  return <i className={`bar ${look}`} />;
});

/** Distance of the text from the side that is nearer to its bar. */
function place(at: number, last: number): string {
  const share = at / (last + 1);
  return `${100 * (at > last / 2 ? 1 - share - 1 / (last + 1) : share)}%`;
}

/** Day after a key of a slider; null for other keys. */
function moved(key: string, at: number, last: number): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: at - 1,
    ArrowDown: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at + 1,
    PageDown: at - WEEK,
    PageUp: at + WEEK,
    Home: 0,
    End: last,
  };
  const next = steps[key];
  return next === undefined ? null : Math.max(0, Math.min(last, next));
}
