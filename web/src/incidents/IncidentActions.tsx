/** What an operator may do about an incident: acknowledge, mute and unmute, resolve. */
import { useState } from "react";
import { Action } from "../Action";
import { serverNowMs, type Incident } from "../api";
import { clock } from "../format";
import { TimeField } from "../TimeField";
import { isMuted } from "./words";

const HOUR_MS = 3_600_000;
const DURATIONS = [
  ["1", "1 hour"],
  ["4", "4 hours"],
  ["12", "12 hours"],
  ["24", "1 day"],
  ["72", "3 days"],
  ["168", "7 days"],
  ["720", "30 days"],
  ["", "until a time"],
] as const;
const RESOLUTIONS = ["fixed", "false_alarm", "bad_data", "late", "other"] as const;

interface IncidentActionsProps {
  incident: Incident;
  reload: () => void;
}

export function IncidentActions({ incident, reload }: IncidentActionsProps) {
  const shared = { path: `/incidents/${incident.id}`, reload };
  const done = (result: Incident) => `incident ${result.id} is ${result.state}`;
  return (
    <>
      {incident.state === "open" && (
        <Action
          {...shared}
          name="Acknowledge"
          label="Note"
          isOptional
          path={`${shared.path}/ack`}
          body={(note) => ({ note })}
          done={done}
        />
      )}
      <Mute incident={incident} reload={reload} />
      {isMuted(incident) && (
        <Action
          {...shared}
          name="Unmute"
          label="Note"
          isOptional
          path={`${shared.path}/unmute`}
          body={(note) => ({ note })}
          done={done}
        />
      )}
      <Resolve incident={incident} reload={reload} />
    </>
  );
}

function Mute({ incident, reload }: IncidentActionsProps) {
  const [hours, setHours] = useState("4");
  const [time, setTime] = useState("");
  const [note, setNote] = useState("");
  const until = () => (hours ? new Date(serverNowMs() + Number(hours) * HOUR_MS).toISOString() : time);
  const fields = (
    <>
      <label>
        For{" "}
        <select value={hours} onChange={(event) => setHours(event.target.value)}>
          {DURATIONS.map(([value, name]) => (
            <option key={name} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {!hours && <TimeField label="Until (UTC) " value={time} onChange={setTime} />}
      <label>
        Reason <input value={note} onChange={(event) => setNote(event.target.value)} />
      </label>
    </>
  );
  return (
    <Action
      name={isMuted(incident) ? "Mute longer" : "Mute"}
      label="URL of the ticket"
      fields={fields}
      path={`/incidents/${incident.id}/mute`}
      body={(ticket) => ({ ticket, until: until(), note: note.trim() })}
      done={(muted: Incident) => `muted until ${clock(muted.muted_until, serverNowMs())}`}
      reload={reload}
    />
  );
}

function Resolve({ incident, reload }: IncidentActionsProps) {
  const [how, setHow] = useState<string>(RESOLUTIONS[0]);
  const fields = (
    <label>
      It was{" "}
      <select value={how} onChange={(event) => setHow(event.target.value)}>
        {RESOLUTIONS.map((each) => (
          <option key={each} value={each}>
            {each.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <Action
      name="Resolve"
      label="Note"
      isOptional
      fields={fields}
      path={`/incidents/${incident.id}/resolve`}
      body={(note) => ({ how, note })}
      done={(ended: Incident) => `incident ${ended.id} is resolved`}
      reload={reload}
    />
  );
}
