"""Annotations: what people wrote about recordings, findings, processes and incidents.

Only people change them. No stage writes here, so a recording that is analysed again keeps its own.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Engine, Select, delete, insert, select, update

from dataflow_health.errors import NotFound
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import columns, fetch_as

Kind = Literal["recording", "finding", "process", "incident"]

_annotation, _recording = tables.annotation, tables.recording


@dataclass(frozen=True, slots=True)
class AnnotationSubject:
    """What an annotation is about; the fields are columns of the table.

    Attributes:
        kind: Which of the other fields say it.
        recording_id: Of a recording or a finding.
        algorithm: Of a finding.
        start_s: Second of the recording; None for the whole recording.
        end_s: Last second of a range.
        process: Name of a process.
        incident_id: Id of an incident.
    """

    kind: Kind
    recording_id: str | None = None
    algorithm: str | None = None
    start_s: float | None = None
    end_s: float | None = None
    process: str | None = None
    incident_id: int | None = None

    def __str__(self) -> str:
        place = "" if self.start_s is None else f" at {self.start_s:g} s"
        match self.kind:
            case "process":
                return f"process {self.process}"
            case "incident":
                return f"incident {self.incident_id}"
            case "finding":
                return f"{self.algorithm}{place} of {self.recording_id}"
            case _:
                return f"recording {self.recording_id}{place}"


class AnnotationRow(NamedTuple):
    """One annotation; the fields are those of the table, with the recording's aircraft."""

    id: int
    kind: Kind
    recording_id: str | None
    tail: str | None
    algorithm: str | None
    start_s: float | None
    end_s: float | None
    process: str | None
    incident_id: int | None
    text: str
    author: str
    created_at: datetime
    edited_at: datetime | None

    @property
    def subject(self) -> AnnotationSubject:
        """What it is about."""
        return AnnotationSubject(
            self.kind, self.recording_id, self.algorithm, self.start_s, self.end_s,
            self.process, self.incident_id,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnnotationFilter:
    """Annotations to select. An empty filter selects all.

    Attributes:
        recording: Recording id.
        tail: Aircraft of the recording.
        algorithm: Algorithm of the finding.
        process: Name of the process.
        incident: Id of the incident.
        before_id: Only those before this one, for the next page.
        limit: Maximum number.
    """

    recording: str = ""
    tail: str = ""
    algorithm: str = ""
    process: str = ""
    incident: int | None = None
    before_id: int | None = None
    limit: int = 100


def find(engine: Engine, chosen: AnnotationFilter) -> list[AnnotationRow]:
    """Annotations that match, newest first.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = _select().order_by(_annotation.c.id.desc()).limit(chosen.limit)
    for column, wanted in (
        (_annotation.c.recording_id, chosen.recording),
        (_recording.c.tail, chosen.tail),
        (_annotation.c.algorithm, chosen.algorithm),
        (_annotation.c.process, chosen.process),
        (_annotation.c.incident_id, chosen.incident),
    ):
        statement = statement.where(column == wanted) if wanted else statement
    if chosen.before_id is not None:
        statement = statement.where(_annotation.c.id < chosen.before_id)
    return fetch_as(AnnotationRow, engine, statement)


def get(engine: Engine, number: int) -> AnnotationRow:
    """The annotation with a number.

    Raises:
        NotFound: There is none.
        DatabaseError: The database does not answer.
    """
    found = fetch_as(AnnotationRow, engine, _select().where(_annotation.c.id == number))
    if not found:
        raise NotFound(
            f"there is no annotation {number}; dataflow-health annotation list shows all"
        )
    return found[0]


def add(
    connection: Connection, subject: AnnotationSubject, *, text: str, author: str, at: datetime
) -> int:
    """Saves an annotation; returns its id."""
    row = {**asdict(subject), "text": text, "author": author, "created_at": at}
    key = connection.execute(insert(_annotation).values(row)).inserted_primary_key
    return int(key[0]) if key else 0


def change(connection: Connection, number: int, *, text: str, at: datetime) -> None:
    """Saves another text of an annotation."""
    values = {"text": text, "edited_at": at}
    connection.execute(update(_annotation).where(_annotation.c.id == number).values(values))


def remove(connection: Connection, number: int) -> None:
    """Deletes an annotation."""
    connection.execute(delete(_annotation).where(_annotation.c.id == number))


def _select() -> Select[Any]:
    wanted = columns(AnnotationRow, _annotation, tail=_recording.c.tail)
    joined = _annotation.outerjoin(_recording, _recording.c.id == _annotation.c.recording_id)
    return select(*wanted).select_from(joined)
