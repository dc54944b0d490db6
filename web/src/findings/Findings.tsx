/** Findings of all recordings: filtered by the address, in pages, judged by those who may. */
import type { ReactNode } from "react";
import { Action } from "../Action";
import { useAnnotations } from "../annotations/Annotations";
import type { FindingEntry, FindingPage, Session } from "../api";
import { dayStart, seconds } from "../format";
import { go, useData, withQuery } from "../hooks";
import { Export } from "./Export";
import { FlightLink } from "./FlightLink";
import "./findings.css";
import { Alert, Link } from "../parts";
import { FindingNotes } from "./FindingNotes";
import { SEVERITIES, SeverityMark } from "./severity";
import { Trend } from "./Trend";

const PAGE = 50;
const MAX_ANNOTATIONS = 500;
const POLL_S = 30;
const STATES = ["new", "confirmed", "dismissed"] as const;

interface FindingsProps {
  address: URL;
  session: Session | null;
}

export function Findings({ address, session }: FindingsProps) {
  const chosen = (name: string) => address.searchParams.get(name) ?? "";
  const offset = Math.max(0, Number(chosen("offset")) || 0);
  const counted = {
    tail: chosen("tail"),
    algorithm: chosen("algorithm"),
    severity: chosen("severity"),
    from_at: dayStart(chosen("from"), 0),
  };
  const query = {
    ...counted,
    to_at: dayStart(chosen("to"), 1),
    state: chosen("state"),
    undated: chosen("undated") ? "true" : "",
  };
  const shown = { limit: PAGE, offset };
  const page = useData<FindingPage>("/findings", POLL_S, { ...query, ...shown });
  return (
    <div className="page">
      <h1>Findings</h1>
      <Filters address={address} />
      <Trend address={address} query={{ ...counted, to_at: dayStart(chosen("to"), 0) }} />
      {page.error && <Alert>{page.error.message}</Alert>}
      {page.data && (
        <Pager address={address} page={page.data}>
          {page.data.findings.length > 0 && <Export query={query} page={shown} />}
        </Pager>
      )}
      {page.data && <Table page={page.data} session={session} refresh={page.refresh} />}
    </div>
  );
}

function Filters({ address }: { address: URL }) {
  const set = (name: string, value: string) =>
    go(withQuery(address, { [name]: value, offset: "" }), { replace: true });
  const field = (name: string, label: string, type: string) => (
    <label>
      {label}
      <input
        type={type}
        value={address.searchParams.get(name) ?? ""}
        onChange={(event) => set(name, event.target.value.trim())}
      />
    </label>
  );
  const choice = (name: string, label: string, values: readonly string[]) => (
    <label>
      {label}
      <select
        value={address.searchParams.get(name) ?? ""}
        onChange={(event) => set(name, event.target.value)}
      >
        <option value="">all</option>
        {values.map((value) => (
          <option key={value}>{value}</option>
        ))}
      </select>
    </label>
  );
  return (
    <form className="filters" onSubmit={(event) => event.preventDefault()} role="search">
      {field("tail", "Aircraft", "text")}
      {field("algorithm", "Algorithm", "text")}
      {choice("severity", "Severity", SEVERITIES)}
      {choice("state", "State", STATES)}
      {field("from", "From (UTC day)", "date")}
      {field("to", "To (UTC day)", "date")}
      {address.search && <Link to="/findings">Clear</Link>}
    </form>
  );
}

function Pager({ address, page, children }: { address: URL; page: FindingPage; children: ReactNode }) {
  const first = page.findings.length ? page.offset + 1 : 0;
  const last = page.offset + page.findings.length;
  const to = (offset: number) => withQuery(address, { offset: offset > 0 ? String(offset) : "" });
  const total = `${page.total}${page.is_capped ? " or more" : ""}`;
  const isUndated = address.searchParams.get("undated") !== null;
  return (
    <p className="pager">
      <span role="status">
        {first}–{last} of {total}
      </span>
      {page.offset > 0 && <Link to={to(page.offset - PAGE)}>Newer</Link>}
      {last < page.total && <Link to={to(page.offset + PAGE)}>Older</Link>}
      {page.undated > 0 && !isUndated && (
        <Link to={withQuery(address, { undated: "1", from: "", to: "", offset: "" })}>
          {page.undated} without a known time
        </Link>
      )}
      <span className="space" />
      {children}
    </p>
  );
}

interface TableProps {
  page: FindingPage;
  session: Session | null;
  refresh: () => void;
}

function Table({ page, session, refresh }: TableProps) {
  const tail = new URL(location.href).searchParams.get("tail") ?? "";
  const annotations = useAnnotations({ tail, limit: MAX_ANNOTATIONS });
  if (!page.findings.length) return <p className="dim">No finding matches.</p>;
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            {["Time", "Aircraft", "Severity", "Algorithm", "What was found", "State"].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {page.findings.map((each) => (
            <tr key={`${each.recording} ${each.algorithm} ${each.number}`}>
              <td className="nowrap">
                {each.start_at?.slice(0, 19).replace("T", " ") ?? "unknown"}
                <div className="dim">
                  {seconds(each.start_s)} into{" "}
                  <FlightLink finding={each}>
                    <code>{each.recording.slice(0, 8)}</code>
                  </FlightLink>
                </div>
              </td>
              <td className="nowrap">
                <b>{each.tail}</b>
              </td>
              <td>
                <SeverityMark severity={each.severity} />
              </td>
              <td>
                <Link to={`/lineage?recording=${each.recording}&node=finding:${each.algorithm}/${each.number}`}>
                  {each.algorithm}
                </Link>
              </td>
              <td>
                {each.detail}
                <div className="dim">{peak(each)}</div>
                <FindingNotes finding={each} annotations={annotations} session={session} />
              </td>
              <td>
                <State finding={each} session={session} refresh={refresh} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function peak(finding: FindingEntry): string {
  const lasted = `for ${seconds(finding.end_s - finding.start_s)}`;
  return finding.peak == null ? lasted : `peak ${Number(finding.peak.toPrecision(6))}, ${lasted}`;
}

const WORDS: Record<string, string> = { new: "○ new", confirmed: "● confirmed", dismissed: "– dismissed" };

function State({ finding, session, refresh }: { finding: FindingEntry } & Omit<TableProps, "page">) {
  const path = `/findings/${finding.recording}/${encodeURIComponent(finding.algorithm)}/${finding.number}/judge`;
  const judge = (name: string, state: string, isOptional: boolean) => (
    <Action
      key={state}
      name={name}
      label="Reason"
      isOptional={isOptional}
      path={path}
      body={(reason) => ({
        state,
        reason,
        start_s: finding.start_s,
        severity: finding.severity,
        detail: finding.detail,
      })}
      done={(result: { state: string }) => result.state}
      reload={refresh}
    />
  );
  return (
    <>
      <b className="nowrap">{WORDS[finding.state] ?? finding.state}</b>
      {finding.operator && (
        <div className="dim">
          by {finding.operator}
          {finding.reason && `: ${finding.reason}`}
        </div>
      )}
      {session?.may_operate && (
        <div>
          {finding.state !== "confirmed" && judge("Confirm", "confirmed", true)}
          {finding.state !== "dismissed" && judge("Dismiss", "dismissed", false)}
          {finding.state !== "new" && judge("Reopen", "new", true)}
        </div>
      )}
    </>
  );
}
