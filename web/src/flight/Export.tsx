/** Links to files of the samples: of what is shown, and of the whole recording. */
import { useState, type MouseEvent } from "react";
import { savedKey } from "../api";
import { Alert } from "../parts";
import type { Span } from "./view";

const FORMATS = ["csv", "parquet", "json"] as const;

interface ExportProps {
  recording: string;
  parameters: readonly string[];
  span: Span | null;
}

export function Export({ recording, parameters, span }: ExportProps) {
  const [form, setForm] = useState<string>(FORMATS[0]);
  const [error, setError] = useState("");
  const link = (names: readonly string[], within: Span | null, text: string) => {
    const query = new URLSearchParams(names.map((name) => ["parameter", name]));
    if (within) query.set("from", within.from.toFixed(3));
    if (within) query.set("to", within.to.toFixed(3));
    query.set("format", form);
    const address = `/api/v1/recordings/${recording}/export?${query}`;
    const name = `recording_${recording.slice(0, 12)}.${form}`;
    return (
      <a href={address} download={name} onClick={(event) => withKey(event, address, name, setError)}>
        {text}
      </a>
    );
  };
  return (
    <p className="export">
      <label>
        Export as{" "}
        <select value={form} onChange={(event) => setForm(event.target.value)}>
          {FORMATS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      {parameters.length > 0 && link(parameters, span, "What is shown")}
      {link([], null, "All parameters, whole recording")}
      {error && <Alert>{error}</Alert>}
    </p>
  );
}

/** A link carries no key; with one, the file is read by the page and saved from it. */
async function withKey(event: MouseEvent, address: string, name: string, fail: (text: string) => void) {
  const key = savedKey();
  if (!key) return;
  event.preventDefault();
  fail("");
  const response = await fetch(address, { headers: { "X-API-Key": key } }).catch(() => null);
  if (!response?.ok) return fail(`The export failed: ${response ? `HTTP ${response.status}` : "no answer"}`);
  const saved = document.createElement("a");
  saved.href = URL.createObjectURL(await response.blob());
  saved.download = name;
  saved.click();
  setTimeout(() => URL.revokeObjectURL(saved.href), 60_000);
}
