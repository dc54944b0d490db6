/** Findings by month and per 100 flight hours: in words and as bars, of each algorithm or aircraft. */
import { useState } from "react";
import type { FindingTrend, TrendLine } from "../api";
import { useData, withQuery } from "../hooks";
import { Alert, Link, Section } from "../parts";

const FEW = 8;
const BAR = { width: 9, gap: 2, height: 34 };

export function Trend({ address, query }: { address: URL; query: Record<string, string> }) {
  const by = address.searchParams.get("by") === "tail" ? "tail" : "algorithm";
  const trend = useData<FindingTrend>("/findings/trend", 0, { ...query, by });
  const [isAll, setAll] = useState(false);
  const data = trend.data;
  const lines = data ? (isAll ? data.lines : data.lines.slice(0, FEW)) : [];
  return (
    <Section title="Trend per 100 flight hours" count={data ? flown(data) : undefined}>
      {trend.error && <Alert>{trend.error.message}</Alert>}
      <p className="trend-by">
        {(["algorithm", "tail"] as const).map((each) => (
          <Link
            key={each}
            to={withQuery(address, { by: each === "tail" ? "tail" : "" })}
            aria-current={each === by ? "true" : undefined}
          >
            {each === "tail" ? "by aircraft" : "by algorithm"}
          </Link>
        ))}
      </p>
      {data && !lines.length && <p className="dim">No finding with a known time in these months.</p>}
      {lines.length > 0 && data && (
        <div className="trend-scroll">
          <table className="trend">
            <thead>
              <tr>
                <th scope="col">{by === "tail" ? "Aircraft" : "Algorithm"}</th>
                <th scope="col" className="number">Per 100 h</th>
                <th scope="col">{data.months.at(-1)}</th>
                <th scope="col">
                  {data.months[0]} to {data.months.at(-1)}
                </th>
                <th scope="col" className="number">Findings</th>
                <th scope="col" className="number">Dismissed</th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <Row key={line.name} line={line} to={withQuery(address, { [by]: line.name, offset: "" })} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {data && data.lines.length > FEW && (
        <button className="quiet" onClick={() => setAll(!isAll)} aria-expanded={isAll}>
          {isAll ? `Show the first ${FEW}` : `Show all ${data.lines.length}`}
        </button>
      )}
    </Section>
  );
}

function flown(data: FindingTrend): string {
  const hours = data.flown.reduce((sum, each) => sum + each.flown_h, 0);
  return `${hours.toFixed(hours < 100 ? 1 : 0)} h flown`;
}

/** Sum of a line over some of its months. */
function total(line: TrendLine, months = line.points.length) {
  const points = line.points.slice(-months);
  const sum = (value: (point: TrendLine["points"][number]) => number) =>
    points.reduce((all, point) => all + value(point), 0);
  const [findings, dismissed, hours] = [
    sum((each) => each.findings),
    sum((each) => each.dismissed ?? 0),
    sum((each) => each.flown_h),
  ];
  return { findings, dismissed, rate: hours > 0 ? (100 * (findings - dismissed)) / hours : null };
}

function Row({ line, to }: { line: TrendLine; to: string }) {
  const [whole, last] = [total(line), total(line, 1)];
  return (
    <tr>
      <th scope="row">
        <Link to={to}>{line.name}</Link>
      </th>
      <td className="number">{rate(whole.rate)}</td>
      <td className="nowrap">{compared(last.rate, whole.rate)}</td>
      <td>
        <Bars line={line} />
      </td>
      <td className="number">{whole.findings}</td>
      <td className="number">{whole.dismissed}</td>
    </tr>
  );
}

const rate = (value: number | null) => (value === null ? "no hours" : value.toFixed(value < 10 ? 2 : 1));

/** The last month beside the mean of all, with a symbol and a word. */
function compared(last: number | null, mean: number | null): string {
  if (last === null || mean === null) return "no hours";
  if (last > mean * 1.25) return `▲ ${rate(last)}, above the mean`;
  if (last < mean * 0.75) return `▽ ${rate(last)}, below the mean`;
  return `= ${rate(last)}, as the mean`;
}

function Bars({ line }: { line: TrendLine }) {
  const values = line.points.map((each) => each.per_100_h ?? null);
  const highest = Math.max(...values.map((value) => value ?? 0));
  const top = line.points[values.indexOf(highest)];
  const label = highest > 0 && top ? `highest ${rate(highest)} per 100 h in ${top.month}` : "no flight hours";
  return (
    <svg
      className="bars"
      width={line.points.length * (BAR.width + BAR.gap)}
      height={BAR.height}
      role="img"
      aria-label={`${line.name}: ${label}`}
    >
      {line.points.map((point, index) => {
        const value = values[index] ?? 0;
        const high = highest > 0 ? Math.max(value > 0 ? 2 : 0, (BAR.height - 2) * (value / highest)) : 0;
        return (
          <g key={point.month} transform={`translate(${index * (BAR.width + BAR.gap)},0)`}>
            <title>{`${point.month}: ${point.findings} findings, ${rate(point.per_100_h ?? null)} per 100 h`}</title>
            <rect className="ground" y={BAR.height - 1} width={BAR.width} height={1} />
            <rect y={BAR.height - high} width={BAR.width} height={high} />
          </g>
        );
      })}
    </svg>
  );
}
