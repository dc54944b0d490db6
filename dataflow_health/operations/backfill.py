"""Backfill: recordings that changed YAML files owe, in batches of a few arrival days.

Only the numbers of a day's recordings are known for the whole history; their ids are read when
their batch is due. What a batch has done is in the ledger, so a backfill that was stopped goes on
where it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import Engine, func, select

from dataflow_health.health.duration import format_duration
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import outdated_recordings, owed_recordings
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, fetch

MOST_DAYS = 8
"""Arrival days of a batch: on PostgreSQL each has a connection for its lock."""
FIRST_SIZE, SMALLEST, LARGEST = 16, 4, 512
"""Recordings of the first batch, and of any: they bound the memory of the driver."""
BATCH_S = 5.0
"""Time that a batch should take, seconds: a flight that lands waits for one at most."""
ANALYSE = "analyse"


class DayPart(NamedTuple):
    """Recordings of one arrival day that owe from the same stage on.

    Attributes:
        day: The arrival day.
        first_stage: First stage that has work on them.
        ids: The recordings.
        algorithms: Algorithms that owe them answers, when only these have work.
    """

    day: str
    first_stage: str
    ids: tuple[str, ...]
    algorithms: tuple[str, ...] = ()

    def has_work_at(self, stage: str) -> bool:
        """Whether the recordings go through a stage."""
        return STAGES.index(stage) >= STAGES.index(self.first_stage)


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a backfill.

    Attributes:
        recordings: Recordings that were processed.
        of: Recordings that were owed something at the start.
        hours: Flight hours that were processed.
        worked: Time spent on them, without that spent waiting for other runs.
    """

    recordings: int = 0
    of: int = 0
    hours: float = 0.0
    worked: timedelta = timedelta()

    def add(self, recordings: int, hours: float, took: timedelta) -> "Progress":
        """The progress after one more batch."""
        done = self.recordings + recordings
        return Progress(done, max(self.of, done), self.hours + hours, self.worked + took)

    @property
    def per_s(self) -> float:
        """Recordings per second; 0 before the first batch."""
        return self.recordings / self.worked.total_seconds() if self.worked else 0.0

    @property
    def left(self) -> timedelta | None:
        """Time left at this rate; None before the first batch."""
        rate = self.per_s
        return timedelta(seconds=(self.of - self.recordings) / rate) if rate else None

    def describe(self) -> str:
        """In one line: ``120 of 600 recordings, 240 flight hours, 9.8 recordings/s, 49 s left``."""
        done = f"{self.recordings:,} of {self.of:,} recordings, {self.hours:,.1f} flight hours"
        if self.left is None:
            return done
        return f"{done}, {self.per_s:.1f} recordings/s, {format_duration(self.left)} left"


def recordings_by_day(engine: Engine) -> dict[date, int]:
    """Number of recordings that owe something, by arrival day, newest first.

    A recording that owes answers and is outdated counts twice until its day is read.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = dict(owed_recordings.count_by_day(engine))
    for each in outdated_recordings.read(engine).days:
        found[each.arrival_day] = found.get(each.arrival_day, 0) + each.recordings
    return dict(sorted(found.items(), reverse=True))


def read_day(engine: Engine, day: date) -> list[DayPart]:
    """The recordings of a day that owe something, by the first stage that has work on them.

    Raises:
        DatabaseError: The database does not answer.
    """
    name = day.isoformat()
    older = sorted(outdated_recordings.find(engine, name), key=lambda each: each.stage)
    again = {each.id for each in older}
    answers = [each for each in owed_recordings.find(engine, day=name) if each.id not in again]
    parts = [
        DayPart(name, stage, tuple(each.id for each in some))
        for stage, some in groupby(older, key=lambda each: each.stage)
    ]
    if answers:
        algorithms = tuple(sorted({name for each in answers for name in each.algorithms}))
        parts.append(DayPart(name, ANALYSE, tuple(each.id for each in answers), algorithms))
    return parts


class Batches:
    """Batches of a backfill, newest arrival day first.

    Attributes:
        size: Recordings of the next batch.
    """

    def __init__(self, engine: Engine, days: Mapping[date, int]) -> None:
        """Reads nothing yet.

        Args:
            engine: Database of the ledger.
            days: Days that owe something, in the order of the batches.
        """
        self.size = FIRST_SIZE
        self._engine = engine
        self._days = list(days)[::-1]
        self._rest: list[DayPart] = []

    def __iter__(self) -> Iterator[list[DayPart]]:
        """Yields batches of :attr:`size` recordings, and of a few days, as it is at that time."""
        while self._days or self._rest:
            if batch := self._next():
                yield batch

    def _next(self) -> list[DayPart]:
        batch: list[DayPart] = []
        room = self.size
        while room > 0 and (self._rest or self._days):
            if not self._rest:
                if len({part.day for part in batch}) == MOST_DAYS:
                    break
                self._rest = read_day(self._engine, self._days.pop())
                continue
            part = self._rest.pop(0)
            taken = part._replace(ids=part.ids[:room])
            if len(part.ids) > room:
                self._rest.insert(0, part._replace(ids=part.ids[room:]))
            batch.append(taken)
            room -= len(taken.ids)
        return batch


def next_size(size: int, took_s: float) -> int:
    """Recordings of the next batch, after one of ``size`` that took this long. Pure."""
    wanted = size * BATCH_S / max(took_s, 0.001)
    return int(min(max(wanted, size / 4, SMALLEST), size * 2, LARGEST))


def ids_by_day(batch: Sequence[DayPart], stage: str) -> dict[str, tuple[str, ...]]:
    """Recordings of a batch that go through a stage, by arrival day. Pure."""
    found: dict[str, tuple[str, ...]] = {}
    for part in batch:
        if part.has_work_at(stage):
            found[part.day] = (*found.get(part.day, ()), *part.ids)
    return found


def flight_hours(engine: Engine, ids: Sequence[str]) -> float:
    """Flight hours of recordings: their stored tables have a row a second.

    Raises:
        DatabaseError: The database does not answer.
    """
    work = tables.recording_stage
    stored = select(func.sum(work.c.rows_out).label("rows")).where(work.c.stage == "store")
    return sum(
        (row.rows or 0) / 3600
        for chunk in chunks(ids)
        for row in fetch(engine, stored.where(work.c.recording_id.in_(chunk)))
    )
