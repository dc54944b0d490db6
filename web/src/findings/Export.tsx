/** Saves the findings that are shown, or all that match, as a file that the server makes. */
import { useState } from "react";
import { PREFIX, savedKey } from "../api";

const FORMATS = ["csv", "json", "parquet"] as const;

type Query = Record<string, string | number>;

export function Export({ query, page }: { query: Query; page: Query }) {
  const [format, setFormat] = useState<string>("csv");
  const [note, setNote] = useState("");
  const save = async (chosen: Query) => {
    setNote("");
    try {
      await download({ ...chosen, format });
    } catch (error) {
      setNote(`! ${(error as Error).message}`);
    }
  };
  return (
    <span className="export">
      <select aria-label="Format of the file" value={format} onChange={(event) => setFormat(event.target.value)}>
        {FORMATS.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
      <button className="quiet" onClick={() => void save({ ...query, ...page })}>
        Export these
      </button>
      <button className="quiet" onClick={() => void save(query)}>
        Export all
      </button>
      {note && <output role="status">{note}</output>}
    </span>
  );
}

/** Without a key the browser writes the file as it comes; with one, only a request can send the key. */
async function download(query: Query): Promise<void> {
  const given = Object.entries(query).filter(([, value]) => value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  const path = `${PREFIX}/findings/export?${text}`;
  const key = savedKey();
  const link = document.createElement("a");
  link.download = `findings.${query.format}`;
  link.href = path;
  if (key) {
    const response = await fetch(path, { headers: { "X-API-Key": key } });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    link.href = URL.createObjectURL(await response.blob());
  }
  link.click();
  if (key) URL.revokeObjectURL(link.href);
}
