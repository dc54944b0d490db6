/** What people wrote about a flight, a finding, a process or an incident: read, add, edit, delete. */
import { useState, type FormEvent } from "react";
import { post, type Annotation, type ApiError, type Session } from "../api";
import { clock } from "../format";
import { useData, useNow, type Loaded } from "../hooks";
import { Alert, Section } from "../parts";
import "./annotations.css";

const POLL_S = 30;
const MAX_CHARACTERS = 2000;

/** Where a new annotation belongs in its recording, and the same in words. */
export interface Place {
  start_s?: number;
  end_s?: number;
  algorithm?: string;
  words: string;
}

export const useAnnotations = (query: Record<string, string | number> | null): Loaded<Annotation[]> =>
  useData<Annotation[]>(query && "/annotations", POLL_S, query ?? {});

interface AnnotationsProps {
  query: Record<string, string | number>;
  /** Path of what is annotated. */
  path: string;
  session: Session | null;
}

/** Annotations of one process or incident. */
export function Annotations({ query, path, session }: AnnotationsProps) {
  const loaded = useAnnotations(query);
  return <AnnotationSection loaded={loaded} path={path} session={session} />;
}

interface SectionProps {
  loaded: Loaded<Annotation[]>;
  path: string;
  session: Session | null;
  place?: Place | null;
  leavePlace?: () => void;
  /** The place of an annotation as an element that leads there. */
  where?: (annotation: Annotation) => React.ReactNode;
}

export function AnnotationSection({ loaded, path, session, place, leavePlace, where }: SectionProps) {
  const all = loaded.data ?? [];
  const mayOperate = session?.may_operate ?? false;
  return (
    <Section title="Annotations" count={loaded.data ? all.length : ""}>
      {loaded.error && <Alert>Annotations: {loaded.error.message}</Alert>}
      <ul className="annotations">
        {all.map((each) => (
          <li key={each.id}>
            <Note annotation={each} session={session} reload={loaded.refresh} where={where} />
          </li>
        ))}
      </ul>
      {mayOperate ? (
        <Editor
          name="Annotate"
          label={place ? `Annotation of ${place.words}` : "Annotation"}
          path={`${path}/annotations`}
          place={place ?? undefined}
          done={() => {
            leavePlace?.();
            loaded.refresh();
          }}
          leave={place ? leavePlace : undefined}
        />
      ) : (
        session && !all.length && <p className="dim">None. To write one needs a key with scope operate.</p>
      )}
    </Section>
  );
}

interface NoteProps {
  annotation: Annotation;
  session: Session | null;
  reload: () => void;
  where?: (annotation: Annotation) => React.ReactNode;
}

export function Note({ annotation, session, reload, where }: NoteProps) {
  const now = useNow();
  const [isEdited, setEdited] = useState(false);
  const [error, setError] = useState("");
  const path = `/annotations/${annotation.id}`;
  const remove = () =>
    post(`${path}/delete`, {}).then(reload, (failed: ApiError) => setError(failed.message));
  return (
    <>
      <p className="by">
        {where?.(annotation)} <b>{annotation.author}</b>{" "}
        <time dateTime={annotation.created_at}>{clock(annotation.created_at, now)}</time>
        {annotation.edited_at && <span className="dim"> edited {clock(annotation.edited_at, now)}</span>}
        {session?.may_operate && !isEdited && (
          <>
            {session.caller === annotation.author && (
              <button className="quiet" onClick={() => setEdited(true)}>
                Edit
              </button>
            )}
            <button className="quiet" onClick={remove} aria-label={`Delete annotation ${annotation.id}`}>
              Delete
            </button>
          </>
        )}
      </p>
      {error && <Alert>{error}</Alert>}
      {isEdited ? (
        <Editor
          name="Save"
          label="Text"
          path={`${path}/edit`}
          initial={annotation.text}
          done={() => {
            setEdited(false);
            reload();
          }}
          leave={() => setEdited(false)}
        />
      ) : (
        <p className="note">{annotation.text}</p>
      )}
    </>
  );
}

interface EditorProps {
  name: string;
  label: string;
  path: string;
  place?: Place;
  initial?: string;
  done: () => void;
  leave?: () => void;
}

export function Editor({ name, label, path, place, initial = "", done, leave }: EditorProps) {
  const [text, setText] = useState(initial);
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    const { start_s, end_s, algorithm } = place ?? {};
    const at = algorithm ? { start_s, algorithm } : { start_s, end_s };
    try {
      await post(path, { text: text.trim(), ...at });
      setText("");
      setError("");
      done();
    } catch (failed) {
      setError((failed as ApiError).message);
    }
    setBusy(false);
  };
  return (
    <form className="annotate" onSubmit={save}>
      <label>
        {label}
        <textarea
          rows={2}
          maxLength={MAX_CHARACTERS}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      <span>
        <button disabled={isBusy || !text.trim()}>{name}</button>{" "}
        {leave && (
          <button type="button" className="quiet" onClick={leave}>
            Cancel
          </button>
        )}
      </span>
      {error && <Alert>{error}</Alert>}
    </form>
  );
}
