/** Ninety days of every process, a bar a day in the colour of its worst status. */
import { useCallback } from "react";
import type { Incident, ProcessCalendar, StatusCalendar } from "../api";
import { clock, dayStart, spoken } from "../format";
import { go, useData, withQuery } from "../hooks";
import { lengthText, stateText } from "../incidents/words";
import { Panel } from "../Panel";
import { Alert, Link, Section, StatusMark } from "../parts";
import { Bars } from "./Bars";
import { dayName, secondsIn, WORST_FIRST } from "./bars";
import { duration } from "../format";

const POLL_S = 60;
const RANGES = ["30", "90", "365"] as const;
const DEFAULT = "90";
const SHOWN = ["HEALTHY", "STALE", "WARNING", "BLOCKED", "FAILED", "UNKNOWN"] as const;

export function History({ address }: { address: URL }) {
  const asked = address.searchParams.get("days") ?? "";
  const days = RANGES.find((each) => each === asked) ?? DEFAULT;
  const calendar = useData<StatusCalendar>("/history", POLL_S, { days });
  const choose = useCallback((process: string, day: string) => {
    go(withQuery(new URL(location.href), { of: process, day }));
  }, []);
  const stages = calendar.data?.processes.filter((each) => !each.external) ?? [];
  const outside = calendar.data?.processes.filter((each) => each.external) ?? [];
  return (
    <div className="page">
      <h1>History</h1>
      <Controls address={address} days={days} />
      {calendar.error && <Alert>{calendar.error.message}</Alert>}
      {calendar.data && (
        <>
          <Group title="Stages" calendars={stages} choose={choose} />
          <Group title="Outside the pipeline" calendars={outside} choose={choose} />
          <Legend />
          <ChosenDay address={address} calendar={calendar.data} />
        </>
      )}
    </div>
  );
}

function Controls({ address, days }: { address: URL; days: string }) {
  const set = (value: string) =>
    go(withQuery(address, { days: value === DEFAULT ? "" : value }), { replace: true });
  return (
    <form className="filters" onSubmit={(event) => event.preventDefault()}>
      <label>
        Days
        <select value={days} onChange={(event) => set(event.target.value)}>
          {RANGES.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <Link to="/incidents">Incidents</Link>
      <Link to="/compare">Compare two times</Link>
    </form>
  );
}

interface GroupProps {
  title: string;
  calendars: ProcessCalendar[];
  choose: (process: string, day: string) => void;
}

function Group({ title, calendars, choose }: GroupProps) {
  const days = calendars[0]?.days;
  if (!days) return null;
  return (
    <Section title={title}>
      <ul className="calendars">
        {calendars.map((each) => (
          <Bars key={each.process} calendar={each} choose={choose} />
        ))}
      </ul>
      <p className="calendar dim" aria-hidden="true">
        <span />
        <span className="ends">
          <span>{dayName(days[0]!.day)}</span>
          <span>today</span>
        </span>
      </p>
    </Section>
  );
}

function Legend() {
  return (
    <ul className="legend" aria-label="Colours">
      {SHOWN.map((status) => (
        <li key={status}>
          <i className={`bar ${status}`} /> <StatusMark status={status} />
        </li>
      ))}
      <li className="dim">
        <i className="bar HEALTHY partial" /> less than half of the day was watched
      </li>
      <li className="dim">Days are UTC. The colour is the worst status of the day.</li>
    </ul>
  );
}

/** The day of the address, with its incidents. */
function ChosenDay({ address, calendar }: { address: URL; calendar: StatusCalendar }) {
  const process = address.searchParams.get("of") ?? "";
  const name = address.searchParams.get("day") ?? "";
  const found = calendar.processes.find((each) => each.process === process);
  const day = found?.days.find((each) => each.day === name);
  const range = { from_at: dayStart(name, 0), to_at: dayStart(name, 1) };
  const path = day ? "/incidents" : null;
  const incidents = useData<Incident[]>(path, POLL_S, { state: "all", process, ...range });
  if (!day) return null;
  const seen = WORST_FIRST.filter((status) => secondsIn(day, status) > 0);
  const nowMs = Date.parse(range.to_at);
  return (
    <Panel key={`${process} ${name}`} name="day" label={`${spoken(process)} on ${dayName(name)}`}>
      <h2>
        {spoken(process)} <StatusMark status={day.status} />
      </h2>
      <p className="big">{dayName(name, true)}, UTC</p>
      <ul className="checks">
        {seen.map((status) => (
          <li key={status}>
            <StatusMark status={status} /> {duration(secondsIn(day, status))}
          </li>
        ))}
        {day.unknown_s >= 1 && (
          <li>
            <StatusMark status="UNKNOWN" /> {duration(day.unknown_s)} not watched
          </li>
        )}
      </ul>
      <Section title="Incidents" count={incidents.data?.length}>
        {incidents.error && <Alert>{incidents.error.message}</Alert>}
        {incidents.data?.length === 0 && <p className="dim">None was open on that day.</p>}
        <ul className="incidents">
          {incidents.data?.map((each) => (
            <li key={each.id}>
              <Link to={`/incidents?incident=${each.id}`}>
                <b>#{each.id}</b> {spoken(each.problem.check)}
              </Link>{" "}
              <span className="dim">
                {clock(each.opened_at, nowMs - 1)}, {lengthText(each, Date.now())},{" "}
                {stateText(each, nowMs)}
              </span>
            </li>
          ))}
        </ul>
      </Section>
      <p className="links">
        <Link to={`/?at=${range.to_at}&process=${process}`}>Board at the end of that day</Link>
        <Link to={`/compare?before=${range.from_at}&after=${range.to_at}`}>What changed on it</Link>
      </p>
    </Panel>
  );
}
