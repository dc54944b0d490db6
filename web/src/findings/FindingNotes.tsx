/** Annotations of one finding in the list of findings. */
import { useState } from "react";
import { Editor, Note } from "../annotations/Annotations";
import type { Annotation, FindingEntry, Session } from "../api";
import { seconds } from "../format";
import type { Loaded } from "../hooks";

interface FindingNotesProps {
  finding: FindingEntry;
  annotations: Loaded<Annotation[]>;
  session: Session | null;
}

export function FindingNotes({ finding, annotations, session }: FindingNotesProps) {
  const [isOpen, setOpen] = useState(false);
  const own = (annotations.data ?? []).filter((each) => isOf(each, finding));
  const place = { start_s: finding.start_s, algorithm: finding.algorithm, words: finding.algorithm };
  return (
    <>
      {own.length > 0 && (
        <ul className="annotations">
          {own.map((each) => (
            <li key={each.id}>
              <Note annotation={each} session={session} reload={annotations.refresh} />
            </li>
          ))}
        </ul>
      )}
      {session?.may_operate &&
        (isOpen ? (
          <Editor
            name="Annotate"
            label={`Annotation of ${finding.algorithm} at ${seconds(finding.start_s)}`}
            path={`/recordings/${finding.recording}/annotations`}
            place={place}
            done={() => {
              setOpen(false);
              annotations.refresh();
            }}
            leave={() => setOpen(false)}
          />
        ) : (
          <button className="quiet" onClick={() => setOpen(true)}>
            Annotate
          </button>
        ))}
    </>
  );
}

/** By its begin, as another analysis may number findings otherwise. */
const isOf = (annotation: Annotation, finding: FindingEntry) =>
  annotation.recording === finding.recording &&
  annotation.algorithm === finding.algorithm &&
  annotation.start_s === finding.start_s;
