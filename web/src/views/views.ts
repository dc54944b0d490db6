/** Saved views: what the board of an address shows. */
import type { SavedView } from "../api";

export type SectionName = NonNullable<SavedView["layout"]>[number];

export const SECTIONS: readonly SectionName[] = ["stages", "outside", "aircraft", "incidents", "findings"];

export const SECTION_TITLES: Record<SectionName, string> = {
  stages: "Stages",
  outside: "Outside the pipeline",
  aircraft: "Aircraft",
  incidents: "Open incidents",
  findings: "Findings today",
};

/** Name of the view in an address; empty for the whole board. */
export const viewName = (address: URL) => address.searchParams.get("view") ?? "";

export const EVERYTHING: SavedView = {
  describes: "",
  processes: [],
  aircraft: [],
  layout: [...SECTIONS],
  notes: "",
};

/** Sections that have no past: they are not shown with the board of another time. */
export const OF_NOW: readonly SectionName[] = ["aircraft", "findings"];

/** Sections that are as wide as the screen. */
const WIDE: readonly SectionName[] = ["stages", "outside"];

/** Sections in rows from top to bottom: each row has columns, and each column its sections.

Neighbours that are not as wide as the screen stand in two columns, the first one on the left. */
export function grouped(layout: readonly SectionName[]): SectionName[][][] {
  const rows: SectionName[][][] = [];
  for (const section of layout) {
    const last = rows.at(-1);
    if (WIDE.includes(section) || !last || WIDE.includes(last[0]![0]!)) rows.push([[section]]);
    else if (last.length === 1) last.push([section]);
    else last[1]!.push(section);
  }
  return rows;
}
