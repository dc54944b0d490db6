"""Fleet overview: recordings of every aircraft by stage and state."""

from datetime import datetime
from itertools import chain

from sqlalchemy import Engine, case, func, select

from dataflow_health.health.observation import StateCounts
from dataflow_health.storage.ledger import aircraft_counts, day_counts
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.ledger.states import SET_ASIDE, UNFINISHED, State
from dataflow_health.storage.queries import newest_arrivals
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading

_NOT_ALL_DONE: tuple[State, ...] = (*UNFINISHED, *SET_ASIDE)
"""States whose recordings count however long ago they arrived."""
_EVERY: tuple[State, ...] = ("done", *_NOT_ALL_DONE)
_STATES: tuple[tuple[State, ...], ...] = (("done",), ("quarantined",), ("written_off",), UNFINISHED)
_FIELDS = (
    "tail", "stage", "done", "quarantined", "written_off", "in_flight", "last_finished_at",
)  # fmt: skip


class AircraftCounts(StateCounts):
    """Recordings of one aircraft at one stage by state.

    Attributes:
        tail: Aircraft.
        stage: The stage.
        last_finished_at: When the last one finished there, UTC.
    """

    tail: str
    stage: str
    last_finished_at: datetime | None = None


def stage_counts(engine: Engine, since_day: str = "") -> list[AircraftCounts]:
    """Recordings of every aircraft at every stage.

    Args:
        engine: Database of the ledger.
        since_day: First arrival day whose done recordings count; others always count.

    Raises:
        DatabaseError: The database does not answer.
    """
    work, recording = tables.recording_stage, tables.recording
    state_counts = [func.sum(case((work.c.state.in_(each), 1), else_=0)) for each in _STATES]
    statement = (
        select(recording.c.tail, work.c.stage, *state_counts, func.max(work.c.finished_at))
        .join(work, recording.c.id == work.c.recording_id)
        .group_by(recording.c.tail, work.c.stage)
    )
    lately = day_counts.conditions(engine, _EVERY, work, RECORDING_STAGES, since=since_day)
    earlier = day_counts.conditions(engine, _NOT_ALL_DONE, work, RECORDING_STAGES, before=since_day)
    conditions = chain(lately, earlier if since_day else ())
    found: dict[tuple[str, str], AircraftCounts] = {}
    with reading(engine) as connection:
        for condition in conditions:
            for row in connection.execute(statement.where(condition)):
                counts = AircraftCounts.model_validate(dict(zip(_FIELDS, row, strict=True)))
                key = counts.tail, counts.stage
                found[key] = _add(found[key], counts) if key in found else counts
    return list(found.values())


def _add(first: AircraftCounts, second: AircraftCounts) -> AircraftCounts:
    ends = [each.last_finished_at for each in (first, second) if each.last_finished_at]
    numbers = {name: getattr(first, name) + getattr(second, name) for name in _FIELDS[2:-1]}
    return first.model_copy(update={**numbers, "last_finished_at": max(ends, default=None)})


def arrivals(engine: Engine) -> dict[str, tuple[int, datetime]]:
    """Number of recordings and time of the last arrival, by aircraft.

    Raises:
        DatabaseError: The database does not answer.
    """
    newest = newest_arrivals.by_tail(engine)
    numbers = aircraft_counts.read(engine)
    return {tail: (numbers.get(tail, 0), at) for tail, at in newest.items()}
