/** A field for a time in UTC, to the minute. Browsers' own fields know local time only. */
import { useEffect, useState } from "react";

interface TimeFieldProps {
  label: string;
  /** Time as ISO 8601, or empty. */
  value: string;
  /** Called with a whole time, or an empty text once the field is emptied. */
  onChange: (at: string) => void;
  max?: number;
}

const LETTERS = "2026-11-20T06:05".length;

/** A time as the field shows it: without seconds and zone. */
const shown = (at: string) => (isTime(at) ? new Date(at).toISOString().slice(0, LETTERS) : "");

export const isTime = (text: string) => !Number.isNaN(Date.parse(text));

export function TimeField({ label, value, onChange, max }: TimeFieldProps) {
  const [text, setText] = useState(shown(value));
  useEffect(() => setText(shown(value)), [value]);
  const change = (typed: string) => {
    setText(typed);
    if (!typed) onChange("");
    else if (isTime(`${typed}Z`)) onChange(new Date(`${typed}Z`).toISOString());
  };
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        value={text}
        max={max ? shown(new Date(max).toISOString()) : undefined}
        onChange={(event) => change(event.target.value)}
      />
    </label>
  );
}
