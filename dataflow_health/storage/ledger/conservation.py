"""Counts of every stage and arrival day, which the conservation law says must balance.

What came in is done, quarantined, written off, in flight or a duplicate; nothing is ever missing.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import pairwise

from sqlalchemy import Connection, Engine, select

from dataflow_health.health.observation import StageCounts
from dataflow_health.storage.ledger import day_counts
from dataflow_health.storage.ledger.day_counts import DayCount
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES, STAGES
from dataflow_health.storage.ledger.states import is_unfinished
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot
from dataflow_health.storage.sql.day_count_triggers import ARRIVAL, MEMBER
from dataflow_health.storage.sql.statements import chunks

StageDay = tuple[str, str]
"""A stage and an arrival day."""


@dataclass(slots=True)
class StageStates:
    """Rows of one stage and day by state, and when the last one finished."""

    by_state: dict[str, int] = field(default_factory=dict)
    finished_at: datetime | None = None

    def add(self, count: DayCount) -> None:
        """Adds the rows of one state."""
        self.by_state[count.state] = count.number
        if count.finished_at is not None:
            self.finished_at = max(count.finished_at, self.finished_at or count.finished_at)


def stage_counts(engine: Engine, at: datetime, day: str | None = None) -> list[StageCounts]:
    """Counts of every stage and arrival day, in stage order, from one snapshot.

    Args:
        engine: Database of the ledger.
        at: Time of counting, UTC.
        day: Only this arrival day.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        counts = count_days(connection, at, None if day is None else (day,))
    return sorted(counts, key=lambda c: (STAGES.index(c.process), c.arrival_day or date.min))


def count_days(
    connection: Connection, at: datetime, days: Collection[str] | None = None
) -> list[StageCounts]:
    """Counts of every stage on arrival days, by day and then stage.

    Args:
        connection: A snapshot.
        at: Time of counting, UTC.
        days: Only these arrival days.
    """
    by_step: dict[StageDay, StageStates] = defaultdict(StageStates)
    for each in day_counts.read(connection, days):
        by_step[each.step, each.arrival_day].add(each)
    repeated = _processed_again(connection, days)
    return [
        counts
        for day in sorted({day for _, day in by_step})
        for counts in _count_day(by_step, repeated, day, at)
    ]


def _count_day(
    by_step: Mapping[StageDay, StageStates],
    repeated: Mapping[StageDay, int],
    day: str,
    at: datetime,
) -> Iterator[StageCounts]:
    arrivals, members = (
        by_step.get((step, day), StageStates()).by_state for step in (ARRIVAL, MEMBER)
    )
    duplicates = {
        "download": arrivals.get("duplicate", 0),
        "parse": members.get("duplicate", 0),
    }
    incoming = sum(arrivals.values())
    for stage in STAGES:
        if stage == "parse":
            incoming = members.get("recording", 0) + members.get("duplicate", 0)
        incoming += repeated.get((stage, day), 0)
        found = by_step.get((stage, day), StageStates())
        counts = _counts(stage, day, at, incoming, duplicates.get(stage, 0), found)
        yield counts
        incoming = counts.done


def _counts(
    stage: str, day: str, at: datetime, incoming: int, duplicate: int, states: StageStates
) -> StageCounts:
    by_state = states.by_state
    running = by_state.get("running", 0)
    return StageCounts(
        process=stage,
        at=at,
        arrival_day=date.fromisoformat(day),
        incoming=incoming,
        done=by_state.get("done", 0),
        quarantined=by_state.get("quarantined", 0),
        written_off=by_state.get("written_off", 0),
        in_flight=by_state.get("waiting", 0) + running,
        duplicate=duplicate,
        running=running,
        data_at=states.finished_at,
    )


def _processed_again(connection: Connection, days: Collection[str] | None) -> dict[StageDay, int]:
    """Recordings at a stage that the stage before is processing again.

    They are not done there at present, so what that stage hands over does not include them. The
    cost follows what is unfinished: a join may be planned over the whole history.
    """
    work = tables.recording_stage
    unfinished = select(work.c.recording_id, work.c.stage).where(is_unfinished(work))
    statements = (
        [unfinished]
        if days is None
        else [unfinished.where(work.c.arrival_day.in_(some)) for some in chunks(sorted(days))]
    )
    following = dict(pairwise(RECORDING_STAGES))
    repeated = {
        (recording, following[stage])
        for statement in statements
        for recording, stage in connection.execute(statement)
        if stage in following
    }
    found: Counter[StageDay] = Counter()
    here = select(work.c.recording_id, work.c.stage, work.c.arrival_day)
    for some in chunks(sorted({recording for recording, _ in repeated})):
        for recording, stage, day in connection.execute(here.where(work.c.recording_id.in_(some))):
            found[stage, day] += (recording, stage) in repeated
    return {place: count for place, count in found.items() if count}
