"""Findings of all recordings, newest first: filtered and in pages.

The indexes of the table give every filter its order, so that a page costs its own rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine, Select, func, select, text

from dataflow_health.storage.records.finding_states import NEW
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading, snapshot
from dataflow_health.storage.sql.statements import columns, fetch_as
from dataflow_health.storage.sql.views import in_state, judgement

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Before every finding. As a bound it leads SQLite to the index, where IS NOT NULL does not."""

BATCH = 5_000
"""Rows in memory while all are read."""

MAX_COUNTED = 10_000
"""Rows counted at most; more are more than anyone pages through."""

_finding, _triage = tables.finding, tables.finding_triage


class FindingEntryRow(NamedTuple):
    """One finding with its triage; the fields are those of the two tables."""

    recording: str
    algorithm: str
    number: int
    tail: str
    severity: str
    start_s: float
    end_s: float
    start_at: datetime | None
    peak: float | None
    peak_at_s: float | None
    detail: str
    state: str
    reason: str
    operator: str
    judged_at: datetime | None


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Findings to select. An empty filter selects all whose time is known.

    Attributes:
        tail: Aircraft.
        algorithm: Name of the algorithm.
        severity: ``info``, ``warning`` or ``alert``.
        state: ``new``, ``confirmed`` or ``dismissed``.
        recording: Recording id.
        from_at: Earliest start, UTC.
        to_at: Start before this time, UTC.
        undated: Only findings of recordings whose start is unknown.
        limit: Rows of a page.
        offset: Rows before the page.
    """

    tail: str = ""
    algorithm: str = ""
    severity: str = ""
    state: str = ""
    recording: str = ""
    from_at: datetime | None = None
    to_at: datetime | None = None
    undated: bool = False
    limit: int = 50
    offset: int = 0


def read_page(engine: Engine, chosen: FindingFilter) -> tuple[list[FindingEntryRow], int]:
    """One page of findings, newest first, and their number up to :data:`MAX_COUNTED`.

    Raises:
        DatabaseError: The database does not answer.
    """
    rows = fetch_as(FindingEntryRow, engine, _page(chosen))
    return rows, count(engine, chosen)


def stream(
    engine: Engine, chosen: FindingFilter, *, is_whole: bool = True
) -> Iterator[list[FindingEntryRow]]:
    """Findings newest first, a few thousand at a time, all of one state of the database.

    Args:
        engine: Database of the results.
        chosen: Findings to select.
        is_whole: All pages, else the chosen page.

    Raises:
        DatabaseError: The database does not answer.
    """
    statement = _rows(chosen) if is_whole else _page(chosen)
    with snapshot(engine) as connection:
        if engine.dialect.name == "postgresql":
            # By the index of the order: a sort of all rows would come before the first one.
            connection.execute(text("SET LOCAL cursor_tuple_fraction = 0.0001"))
        result = connection.execution_options(yield_per=BATCH).execute(statement)
        for rows in result.partitions():
            yield [FindingEntryRow._make(row) for row in rows]


def _page(chosen: FindingFilter) -> Select[Any]:
    return _rows(chosen).limit(chosen.limit).offset(chosen.offset)


def _rows(chosen: FindingFilter) -> Select[Any]:
    wanted = columns(
        FindingEntryRow,
        _finding,
        recording=_finding.c.recording_id,
        state=func.coalesce(_triage.c.state, NEW),
        reason=func.coalesce(_triage.c.reason, ""),
        operator=func.coalesce(_triage.c.operator, ""),
        judged_at=_triage.c.judged_at,
    )
    return _filtered(select(*wanted), chosen).order_by(
        _finding.c.start_at.desc(), _finding.c.recording_id, _finding.c.algorithm, _finding.c.number
    )


def count(engine: Engine, chosen: FindingFilter) -> int:
    """Number of findings up to :data:`MAX_COUNTED`.

    Raises:
        DatabaseError: The database does not answer.
    """
    some = _filtered(select(_finding.c.number), chosen).limit(MAX_COUNTED).subquery()
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(some)).scalar_one())


def _filtered(statement: Select[Any], chosen: FindingFilter) -> Select[Any]:
    f = _finding.c
    statement = statement.select_from(_finding.outerjoin(_triage, judgement(_finding, _triage)))
    for column, value in (
        (f.tail, chosen.tail),
        (f.algorithm, chosen.algorithm),
        (f.severity, chosen.severity),
        (f.recording_id, chosen.recording),
    ):
        statement = statement.where(column == value) if value else statement
    is_dated = f.start_at >= (chosen.from_at or BEGINNING)
    statement = statement.where(f.start_at.is_(None) if chosen.undated else is_dated)
    if chosen.to_at is not None:
        statement = statement.where(f.start_at < chosen.to_at)
    if chosen.state:
        is_new = (f.state == NEW,)
        statement = statement.where(
            *(is_new if chosen.state == NEW else in_state(_finding, chosen.state))
        )
    return statement
