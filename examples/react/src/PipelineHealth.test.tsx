import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { PipelineHealth, worstFirst, type Process, type Report, type Status } from "./PipelineHealth";

vi.mock("mermaid", () => ({
  default: { initialize: vi.fn(), render: vi.fn(async () => ({ svg: "<svg id='drawn'></svg>" })) },
}));

const process = (name: string, status: Status): Process => ({
  name, status, since: "2026-11-20T03:00:00Z", reason: `${name} because`, describes: "", counts: null,
});

let report: Report;
let isDown: boolean;
let streams: { fire: (kind: string) => void; close: () => void }[];

class Stream {
  listeners = new Map<string, () => void>();
  close = vi.fn();
  constructor() { streams.push(this); }
  addEventListener(kind: string, listener: () => void) { this.listeners.set(kind, listener); }
  fire(kind: string) { this.listeners.get(kind)?.(); }
}

beforeEach(() => {
  isDown = false;
  streams = [];
  report = {
    at: new Date().toISOString(), status: "FAILED", ledger_error: "",
    processes: [process("load", "HEALTHY"), process("parse", "FAILED"), process("spark", "UNKNOWN")],
  };
  vi.stubGlobal("EventSource", Stream);
  vi.stubGlobal("fetch", async (url: string) => {
    if (isDown) throw new Error("connection refused");
    const body = url.endsWith("/status") ? JSON.stringify({ data: report }) : "flowchart TB";
    return new Response(body);
  });
});
afterEach(cleanup);

test("the worst status comes first", () => {
  expect(worstFirst(report.processes).map((each) => each.name)).toEqual(["parse", "spark", "load"]);
});

test("every status has a symbol and a word beside the colour", async () => {
  render(<PipelineHealth />);
  const rows = await screen.findAllByRole("row");
  expect(rows.slice(1).map((row) => row.textContent)).toEqual([
    expect.stringContaining("× FAILED"), expect.stringContaining("? UNKNOWN"), expect.stringContaining("✓ HEALTHY"),
  ]);
  await waitFor(() => expect(document.querySelector("#drawn")).not.toBeNull());
});

test("a status change is shown without waiting for the interval", async () => {
  render(<PipelineHealth everySeconds={0} />);
  await screen.findByText("parse because");
  report = { ...report, status: "HEALTHY", processes: [process("parse", "HEALTHY")] };
  streams[0]!.fire("status_change");
  await waitFor(() => expect(screen.getAllByText("✓ HEALTHY")).toHaveLength(2));
});

test("when the API does not respond, the last report stays", async () => {
  render(<PipelineHealth everySeconds={0} />);
  await screen.findByText("parse because");
  isDown = true;
  fireEvent.click(screen.getByText("Refresh"));
  expect((await screen.findByRole("alert")).textContent).toContain("does not respond");
  expect(screen.getByText("parse because")).toBeDefined();
});

test("old data is marked as old", async () => {
  report = { ...report, at: "2020-01-01T00:00:00Z" };
  render(<PipelineHealth />);
  expect((await screen.findByRole("alert")).textContent).toContain("Data is old");
});

test("the stream ends with the component", async () => {
  const { unmount } = render(<PipelineHealth />);
  await screen.findByText("parse because");
  unmount();
  expect(streams[0]!.close).toHaveBeenCalled();
});
