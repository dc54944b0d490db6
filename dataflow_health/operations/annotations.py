"""What people write about recordings, findings, processes and incidents.

Text is plain: nothing in it is markup, and its control characters are kept as visible escapes.
What an edit or a deletion removes stays in the audit log.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Engine, select

from dataflow_health import masking
from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.plain_text import shown
from dataflow_health.schemas import Annotation
from dataflow_health.storage.queries import recording_history
from dataflow_health.storage.records import annotations, audit_log, incidents
from dataflow_health.storage.records.annotations import (
    AnnotationFilter,
    AnnotationRow,
    AnnotationSubject,
)
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import fetch

MAX_CHARACTERS = 2000
"""Longest text of an annotation."""


def find(engine: Engine, chosen: AnnotationFilter) -> tuple[Annotation, ...]:
    """Annotations that match, newest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    return tuple(map(_annotation, annotations.find(engine, chosen)))


def on_recording(
    engine: Engine,
    id_prefix: str,
    *,
    algorithm: str = "",
    start_s: float | None = None,
    end_s: float | None = None,
) -> AnnotationSubject:
    """A recording, a second or range of it, or a finding in it, as the subject of an annotation.

    Args:
        engine: Database of the ledger.
        id_prefix: Id of the recording, or a unique prefix of it.
        algorithm: Algorithm of the finding that begins at ``start_s``; empty for no finding.
        start_s: Second of the recording; None for the whole recording.
        end_s: Last second of a range; a finding has its own.

    Raises:
        NotFound: No such recording or finding.
        NotAllowed: The range ends before it begins or has no begin, or a finding has no begin.
        DatabaseError: The database does not answer.
    """
    recording = recording_history.find(engine, id_prefix).id
    if start_s is None and (algorithm or end_s is not None):
        raise NotAllowed("give the second at which the finding or the range begins")
    if algorithm and start_s is not None:
        end_s = _end_of_finding(engine, recording, algorithm, start_s)
        return AnnotationSubject("finding", recording, algorithm, start_s, end_s)
    if start_s is not None and end_s is not None and end_s < start_s:
        raise NotAllowed(f"the range ends at {end_s:g} s, before it begins at {start_s:g} s")
    return AnnotationSubject("recording", recording, None, start_s, end_s)


def on_process(process: str, declared: Collection[str]) -> AnnotationSubject:
    """A process as the subject of an annotation.

    Raises:
        NotFound: No such process is declared.
    """
    if process not in declared:
        raise NotFound(f"there is no process {process}; there are {', '.join(declared)}")
    return AnnotationSubject("process", process=process)


def on_incident(engine: Engine, number: int) -> AnnotationSubject:
    """An incident as the subject of an annotation.

    Raises:
        NotFound: There is no such incident.
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        return AnnotationSubject("incident", incident_id=incidents.get(connection, number).id)


def add(
    engine: Engine, subject: AnnotationSubject, operator: Operator, *, text: str, at: datetime
) -> Annotation:
    """Saves an annotation, with an audit entry.

    Args:
        engine: Database of the ledger.
        subject: What it is about.
        operator: Its author.
        text: Plain text.
        at: Time of writing, UTC.

    Raises:
        NotAllowed: The text is empty or too long.
        DatabaseError: The database does not answer.
    """
    kept = _plain(text)
    with writing(engine) as connection:
        number = annotations.add(connection, subject, text=kept, author=operator.name, at=at)
        about = [f"annotation {number} of {subject}"]
        audit_log.append(connection, operator, "annotate", about, kept, at)
    return _annotation(annotations.get(engine, number))


def edit(engine: Engine, number: int, operator: Operator, *, text: str, at: datetime) -> Annotation:
    """Changes the text of an annotation; the audit log keeps the text before.

    Raises:
        NotFound: There is no such annotation.
        NotAllowed: The operator is not its author, or the text is empty or too long.
        DatabaseError: The database does not answer.
    """
    before, kept = annotations.get(engine, number), _plain(text)
    if before.author != operator.name:
        raise NotAllowed(f"annotation {number} is of {before.author}, who alone can change it")
    with writing(engine) as connection:
        annotations.change(connection, number, text=kept, at=at)
        about = [f"annotation {number} of {before.subject}"]
        audit_log.append(connection, operator, "edit_annotation", about, _was(before), at)
    return _annotation(annotations.get(engine, number))


def delete(engine: Engine, number: int, operator: Operator, *, at: datetime) -> Annotation:
    """Deletes an annotation of any author; the audit log keeps its text.

    Returns:
        The annotation as it was.

    Raises:
        NotFound: There is no such annotation.
        DatabaseError: The database does not answer.
    """
    before = annotations.get(engine, number)
    with writing(engine) as connection:
        annotations.remove(connection, number)
        about = [f"annotation {number} of {before.subject}"]
        audit_log.append(connection, operator, "delete_annotation", about, _was(before), at)
    return _annotation(before)


def _was(before: AnnotationRow) -> str:
    return f"by {before.author} at {before.created_at:%Y-%m-%d %H:%M:%SZ}: {before.text}"


def _plain(text: str) -> str:
    """The text as it is kept: without space around it, control characters and secrets.

    Raises:
        NotAllowed: It is empty or too long.
    """
    kept = masking.mask(shown(text.strip().replace("\r\n", "\n")))
    if not kept:
        raise NotAllowed("an annotation needs a text")
    if len(kept) > MAX_CHARACTERS:
        raise NotAllowed(
            f"the text has {len(kept):,} characters; an annotation has {MAX_CHARACTERS:,} at most"
        )
    return kept


def _end_of_finding(engine: Engine, recording: str, algorithm: str, start_s: float) -> float:
    table = tables.finding
    here = (table.c.recording_id == recording, table.c.algorithm == algorithm)
    statement = select(table.c.start_s, table.c.end_s).where(*here).order_by(table.c.start_s)
    rows: Sequence[tuple[float, float]] = [(row[0], row[1]) for row in fetch(engine, statement)]
    for begin_s, end_s in rows:
        if begin_s == start_s:
            return end_s
    others = ", ".join(f"{begin_s:g} s" for begin_s, _ in rows[:10]) or "nowhere"
    name = f"{algorithm} of {recording[:12]}"
    raise NotFound(f"no finding of {name} begins at {start_s:g} s; they begin at {others}")


def _annotation(row: AnnotationRow) -> Annotation:
    return Annotation(
        id=row.id,
        kind=row.kind,
        recording=row.recording_id or "",
        tail=row.tail or "",
        algorithm=row.algorithm or "",
        start_s=row.start_s,
        end_s=row.end_s,
        process=row.process or "",
        incident=row.incident_id,
        text=row.text,
        author=row.author,
        created_at=row.created_at,
        edited_at=row.edited_at,
    )
