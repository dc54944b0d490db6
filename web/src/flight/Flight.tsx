/** One recording: its way through the stages, its findings, and its parameters over time. */
import { useEffect, useMemo, useRef, useState } from "react";
import { AnnotationSection, useAnnotations, type Place } from "../annotations/Annotations";
import type {
  AlgorithmFinding,
  AlgorithmLimit,
  Annotation,
  FlightPhases,
  RecordedParameter,
  RecordingHistory,
  Session,
} from "../api";
import { SeverityMark } from "../findings/severity";
import { seconds } from "../format";
import { go, useData } from "../hooks";
import { Alert, Section } from "../parts";
import { Compare } from "./Compare";
import { Export } from "./Export";
import { Pane, type Other } from "./Pane";
import { Parameters } from "./Parameters";
import { minutes, View, type Span } from "./view";
import "./flight.css";

const AROUND_S = 60;
const NONE: never[] = [];

interface FlightProps {
  address: URL;
  recording: string;
  session: Session | null;
}

export function Flight({ address, recording, session }: FlightProps) {
  const path = `/recordings/${recording}`;
  const history = useData<RecordingHistory>(path);
  const parameters = useData<RecordedParameter[]>(`${path}/parameters`);
  const phases = useData<FlightPhases>(`${path}/phases`);
  const limits = useData<AlgorithmLimit[]>(`${path}/limits`);
  const [place, setPlace] = useState<Place | null>(null);
  const id = history.data?.recording;
  const annotations = useAnnotations(id ? { recording: id, tail: history.data!.tail, limit: 500 } : null);
  const [box, width] = useWidth();
  const state = read(address);
  const show = (changes: Partial<State>) =>
    go(addressOf(new URL(location.href), { ...read(new URL(location.href)), ...changes }), { replace: true });
  const view = useView(phases.data, state.span, (span) => show({ span }));
  const { other, note } = useOther(state, phases.data);
  const findings = history.data?.findings ?? NONE;
  const notes = annotations.data ?? NONE;
  const levels = useMemo(() => byParameter(limits.data ?? NONE), [limits.data]);
  const layers = useMemo(
    () => ({ phases: phases.data?.phases ?? NONE, findings, annotations: notes }),
    [phases.data, findings, notes],
  );
  const around = (from: number, to: number) =>
    view?.show({ from: Math.max(0, from - AROUND_S), to: to + AROUND_S });
  return (
    <div className="page" ref={box}>
      {history.error && <Alert>{history.error.message}</Alert>}
      {history.data && <Head history={history.data} />}
      {findings.length > 0 && (
        <Findings
          findings={findings}
          around={around}
          annotate={session?.may_operate ? setPlace : null}
        />
      )}
      {parameters.error && <Alert>{parameters.error.message}</Alert>}
      {parameters.data && history.data && (
        <div className="tools">
          <Parameters
            parameters={parameters.data}
            chosen={state.names}
            add={(name) => show({ names: [...state.names, name] })}
          />
          <Compare
            tail={history.data.tail}
            recording={history.data.recording}
            other={state.other}
            align={state.align}
            note={note}
            choose={(chosen, align) => show({ other: chosen, align })}
          />
          <Export recording={recording} parameters={state.names} span={state.span} />
        </div>
      )}
      {view && state.names.length > 0 && (
        <Range view={view} span={state.span} annotate={session?.may_operate ? setPlace : null} />
      )}
      {state.names.length > 0 && <Meaning layers={layers} />}
      {view &&
        width > 0 &&
        state.names.map((name) => (
          <Pane
            key={name}
            recording={recording}
            parameter={name}
            view={view}
            span={state.span}
            width={width}
            layers={layers}
            limits={levels.get(name) ?? NONE}
            other={other}
            remove={() => show({ names: state.names.filter((each) => each !== name) })}
          />
        ))}
      <AnnotationSection
        loaded={annotations}
        path={path}
        session={session}
        place={place}
        leavePlace={() => setPlace(null)}
        where={(each) => <Where annotation={each} around={around} />}
      />
    </div>
  );
}

/** What the address keeps. */
interface State {
  names: string[];
  span: Span | null;
  other: string;
  align: string;
}

function read(address: URL): State {
  const query = address.searchParams;
  const [from, to] = [Number.parseFloat(query.get("from") ?? ""), Number.parseFloat(query.get("to") ?? "")];
  const other = query.get("with") ?? "";
  return {
    names: [...new Set(query.getAll("p"))],
    span: to > from ? { from, to } : null,
    other: /^[0-9a-f]{6,64}$/.test(other) ? other : "",
    align: query.get("align") === "start" ? "start" : "takeoff",
  };
}

function addressOf(address: URL, state: State): string {
  const query = new URLSearchParams(state.names.map((name) => ["p", name]));
  if (state.span) query.set("from", String(Number(state.span.from.toFixed(2))));
  if (state.span) query.set("to", String(Number(state.span.to.toFixed(2))));
  if (state.other) query.set("with", state.other);
  if (state.other && state.align === "start") query.set("align", "start");
  const text = query.toString();
  return address.pathname + (text ? `?${text}` : "");
}

/** The shown time, as soon as the recording's own is known. */
function useView(phases: FlightPhases | null, span: Span | null, rest: (span: Span | null) => void): View | null {
  const whole = useMemo(() => phases && { from: phases.first_s, to: phases.last_s }, [phases]);
  const latest = useRef(rest);
  latest.current = rest;
  const view = useMemo(() => {
    if (!whole) return null;
    const isWhole = (at: Span) => at.from === whole.from && at.to === whole.to;
    return new View(span ?? whole, whole, (at) => latest.current(isWhole(at) ? null : at));
  }, [whole]);
  useEffect(() => {
    const wanted = span ?? whole;
    if (!view || !wanted) return;
    // Another address was opened, as by the browser's Back: not where this view came to rest.
    const isFar = Math.abs(view.span.from - wanted.from) > 0.01 || Math.abs(view.span.to - wanted.to) > 0.01;
    if (isFar) view.show(wanted);
  }, [view, whole, span?.from, span?.to]);
  return view;
}

/** The other flight and how it is aligned; by the begin where one of the two has no take-off. */
function useOther(state: State, own: FlightPhases | null): { other: Other | null; note: string } {
  const phases = useData<FlightPhases>(state.other ? `/recordings/${state.other}/phases` : null);
  if (phases.error) return { other: null, note: `! ${phases.error.message}` };
  if (!own || !phases.data) return { other: null, note: "" };
  const [here, there] = [own.takeoff_s, phases.data.takeoff_s];
  const isByTakeoff = state.align === "takeoff" && here != null && there != null;
  const offset = isByTakeoff ? there - here : phases.data.first_s - own.first_s;
  const by = isByTakeoff
    ? "Take-off lies on take-off"
    : state.align === "takeoff"
      ? "! One of the two has no take-off: begin lies on begin"
      : "Begin lies on begin";
  return { other: { recording: state.other, name: state.other.slice(0, 8), offset }, note: by };
}

/** Limits by parameter, so that the plots are drawn again only when they change. */
function byParameter(limits: readonly AlgorithmLimit[]): Map<string, AlgorithmLimit[]> {
  const found = new Map<string, AlgorithmLimit[]>();
  for (const each of limits) found.set(each.parameter, [...(found.get(each.parameter) ?? []), each]);
  return found;
}

interface FindingsProps {
  findings: readonly AlgorithmFinding[];
  around: (from: number, to: number) => void;
  annotate: ((place: Place) => void) | null;
}

function Findings({ findings, around, annotate }: FindingsProps) {
  return (
    <Section title="Findings" count={findings.length}>
      <ul className="flight-findings">
        {findings.map((each) => (
          <li key={`${each.algorithm} ${each.number}`}>
            <button className="quiet" onClick={() => around(each.start_s, each.end_s)}>
              {minutes(each.start_s)}
            </button>{" "}
            <SeverityMark severity={each.severity} /> {each.algorithm}{" "}
            <span className="dim">
              {each.detail}, for {seconds(each.end_s - each.start_s)}
            </span>{" "}
            {annotate && (
              <button
                className="quiet"
                onClick={() =>
                  annotate({
                    start_s: each.start_s,
                    algorithm: each.algorithm,
                    words: `${each.algorithm} at ${minutes(each.start_s)}`,
                  })
                }
              >
                Annotate
              </button>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Where({ annotation, around }: { annotation: Annotation; around: (from: number, to: number) => void }) {
  const { start_s: from, end_s: to, algorithm, id } = annotation;
  if (from == null) return <span>Flight</span>;
  return (
    <>
      <button className="quiet" onClick={() => around(from, to ?? from)}>
        ✎{id} {minutes(from)}
        {to != null && `–${minutes(to)}`}
      </button>{" "}
      {algorithm}
    </>
  );
}

interface RangeProps {
  view: View;
  span: Span | null;
  annotate: ((place: Place) => void) | null;
}

function Range({ view, span, annotate }: RangeProps) {
  const at = span ?? view.whole;
  const words = `${minutes(at.from)} to ${minutes(at.to)}`;
  return (
    <p className="range">
      <button onClick={() => view.pan(-0.5)}>◂ Earlier</button>
      <button onClick={() => view.pan(0.5)}>Later ▸</button>
      <button onClick={() => view.zoom(0.5)}>+ Zoom in</button>
      <button onClick={() => view.zoom(2)}>− Zoom out</button>
      {span && <button onClick={() => view.show(view.whole)}>Whole recording</button>}
      <b role="status">{words}</b>
      {annotate && (
        <button
          className="quiet"
          onClick={() =>
            annotate({ start_s: Number(at.from.toFixed(2)), end_s: Number(at.to.toFixed(2)), words })
          }
        >
          Annotate this range
        </button>
      )}
      <span className="dim">Drag over a plot to zoom, with Shift to move.</span>
    </p>
  );
}

interface MeaningProps {
  layers: { phases: FlightPhases["phases"]; findings: readonly AlgorithmFinding[]; annotations: readonly Annotation[] };
}

/** What the bands of all plots mean, in words. */
function Meaning({ layers }: MeaningProps) {
  const severities = [...new Set(layers.findings.map((each) => each.severity))];
  return (
    <ul className="legend" aria-label="Meaning of the bands">
      {layers.phases.length > 0 && (
        <>
          <li>
            <i className="air" /> phase in the air
          </li>
          <li>
            <i className="ground" /> phase on the ground
          </li>
        </>
      )}
      <li>
        <i className="gap" /> gap in the recording
      </li>
      {severities.map((each) => (
        <li key={each}>
          <i className={`finding-${each}`} /> finding: {each}
        </li>
      ))}
      {layers.annotations.length > 0 && (
        <li>
          <i className="annotation" /> ✎ annotation with its number
        </li>
      )}
    </ul>
  );
}

function Head({ history }: { history: RecordingHistory }) {
  return (
    <>
      <h1>
        {history.tail} <span className="count">{history.arrival_day}</span>
      </h1>
      <p className="dim">
        {history.archive} / {history.member}, {history.recorder}
        {history.layout && `, ${history.layout}`}, <code>{history.recording.slice(0, 12)}</code>
      </p>
      <ol className="way" aria-label="Stages">
        {history.stages.map((each) => (
          <li key={each.stage} className={each.state} title={each.detail ?? ""}>
            {WORDS[each.state] ?? "?"} <b>{each.stage}</b> {each.state}
            {each.reason && `: ${each.reason}`}
          </li>
        ))}
      </ol>
    </>
  );
}

const WORDS: Record<string, string> = { done: "✓", quarantined: "×", written_off: "–", running: "»", waiting: "…" };

/** Width inside of a pane, followed as the window changes. */
function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    if (!box.current) return;
    const watcher = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width) - PANE_PADDING);
    });
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);
  return [box, width];
}

const PANE_PADDING = 40;
