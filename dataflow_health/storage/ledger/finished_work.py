"""Work that stages finished since it was last asked for, whatever the length of the history."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, null, select

from dataflow_health.storage.ledger.ledger import stage_table
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, STAGES
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import snapshot

COUNTED = ("done", "quarantined")
"""States in which a stage leaves what it has processed; an operator's write-off is no work."""

_Cell = tuple[str, str, str]
"""Arrival day, stage and state."""


class FinishedItem(NamedTuple):
    """One archive or recording that a stage finished.

    Attributes:
        stage: The stage.
        state: ``done`` or ``quarantined``.
        started_at: When the stage's run took it, UTC.
        finished_at: When it was finished, UTC.
        arrived_at: When its archive arrived, UTC; None for an archive.
    """

    stage: str
    state: str
    started_at: datetime | None
    finished_at: datetime
    arrived_at: datetime | None


class FinishedWork:
    """Finished archives and recordings of one ledger, each returned once, for one thread.

    It keeps one time for each arrival day and stage with work since the first reading.
    """

    def __init__(self) -> None:
        """Reads nothing yet."""
        self._next_unread = 0
        self._since: datetime | None = None
        self._seen: dict[_Cell, datetime] = {}

    def read(self, engine: Engine, now: datetime) -> list[FinishedItem]:
        """What was finished since the last reading; nothing the first time.

        Args:
            engine: Database of the ledger; the same one each time.
            now: Current time, UTC.

        Raises:
            DatabaseError: The database does not answer.
        """
        changed = tables.day_count.c.changed
        with snapshot(engine) as connection:
            next_unread = change_numbers.next_unread(connection, changed)
            if self._since is None:
                self._since, self._next_unread = now, next_unread
                return []
            found = [
                item
                for cell in _changed_cells(connection, self._next_unread)
                for item in self._finished(connection, cell, self._since)
            ]
        self._next_unread = next_unread
        return found

    def _finished(self, connection: Connection, cell: _Cell, since: datetime) -> list[FinishedItem]:
        found = _finished_after(connection, cell, self._seen.get(cell, since))
        if found:
            self._seen[cell] = max(each.finished_at for each in found)
        return found


def _changed_cells(connection: Connection, since: int) -> list[_Cell]:
    counts = tables.day_count.c
    statement = select(counts.arrival_day, counts.step, counts.state).where(
        counts.changed >= since, counts.step.in_(STAGES), counts.state.in_(COUNTED)
    )
    return [(day, step, state) for day, step, state in connection.execute(statement)]


def _finished_after(connection: Connection, cell: _Cell, after: datetime) -> list[FinishedItem]:
    day, stage, state = cell
    work, _ = stage_table(stage)
    recording = tables.recording
    arrived_at = null() if stage in ARCHIVE_STAGES else recording.c.arrived_at
    statement = select(
        work.c.stage, work.c.state, work.c.started_at, work.c.finished_at, arrived_at
    ).where(
        work.c.stage == stage,
        work.c.arrival_day == day,
        work.c.state == state,
        work.c.finished_at > after,
    )
    if stage not in ARCHIVE_STAGES:
        statement = statement.join(recording, recording.c.id == work.c.recording_id)
    return [FinishedItem._make(row) for row in connection.execute(statement)]
