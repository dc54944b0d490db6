/** Choice of another flight that is laid over this one, by take-off or by the recordings' begin. */
import { useState } from "react";
import type { AlgorithmRunPage } from "../api";
import { clock } from "../format";
import { useData, useNow } from "../hooks";

const MAX_FLIGHTS = 100;
const ID = /^[0-9a-f]{6,64}$/;
const WHOLE_ID = /^[0-9a-f]{64}$/;

interface CompareProps {
  tail: string;
  recording: string;
  other: string;
  align: string;
  note: string;
  choose: (other: string, align: string) => void;
}

export function Compare({ tail, recording, other, align, note, choose }: CompareProps) {
  const flights = useFlights(tail, recording);
  const now = useNow();
  const [text, setText] = useState("");
  const enter = (value: string) => {
    const id = value.trim().toLowerCase();
    const isWhole = WHOLE_ID.test(id);
    if (isWhole) choose(id, align);
    setText(isWhole ? "" : value);
  };
  return (
    <form
      className="filters compare"
      onSubmit={(event) => {
        event.preventDefault();
        if (ID.test(text.trim().toLowerCase())) choose(text.trim().toLowerCase(), align);
      }}
    >
      <label>
        Lay another flight over (id)
        <input list="flights" size={24} value={text} onChange={(event) => enter(event.target.value)} />
      </label>
      <datalist id="flights">
        {flights.map((each) => (
          <option key={each.recording} value={each.recording}>
            {`${each.tail} ${clock(each.arrived_at, now)} ${each.member}`}
          </option>
        ))}
      </datalist>
      {other && (
        <>
          <label>
            Aligned by
            <select value={align} onChange={(event) => choose(other, event.target.value)}>
              <option value="takeoff">take-off</option>
              <option value="start">begin of the recording</option>
            </select>
          </label>
          <button type="button" onClick={() => choose("", align)}>
            Without {other.slice(0, 8)}
          </button>
          <span className="dim">{note}</span>
        </>
      )}
    </form>
  );
}

/** Newest other flights of the aircraft: the rows of one algorithm, as every flight has one. */
function useFlights(tail: string, recording: string): AlgorithmRunPage["rows"] {
  const first = useData<AlgorithmRunPage>(tail ? "/recordings" : null, 0, { tail, limit: 1 });
  const algorithm = first.data?.rows[0]?.algorithm ?? "";
  const page = useData<AlgorithmRunPage>(algorithm ? "/recordings" : null, 0, {
    tail,
    algorithm,
    sort: "arrived_at",
    limit: MAX_FLIGHTS,
  });
  return (page.data?.rows ?? []).filter((each) => each.recording !== recording);
}
