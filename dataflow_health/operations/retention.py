"""Removes files that the retention policy keeps no longer; the ledger remembers that it did."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import NamedTuple

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.health.retention import RetentionPolicy
from dataflow_health.operations import original_bytes
from dataflow_health.stages.store import SCHEMA_FILE
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import removable_files
from dataflow_health.storage.ledger.removable_files import RemovableFile
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks
from dataflow_health.storage.sql.database import writing


class TierOutcome(NamedTuple):
    """What the policy removes of one stage.

    Attributes:
        stage: The stage.
        age: Age after which its files are removed; None for ever.
        files: Number of files, or of archives whose recordings are removed.
        size_bytes: Bytes that the stage wrote into them.
        days: Arrival days they are of, oldest first.
    """

    stage: str
    age: timedelta | None
    files: int = 0
    size_bytes: int = 0
    days: tuple[str, ...] = ()


def plan(engine: Engine, policy: RetentionPolicy, now: datetime) -> list[TierOutcome]:
    """What :func:`apply` would remove now.

    Args:
        engine: Database of the ledger.
        policy: Ages by stage.
        now: Current time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    return [
        _outcome(stage, age, _candidates(engine, stage, age, now))
        for stage, age in policy.ages.items()
    ]


def apply(
    engine: Engine, lake: Lake, policy: RetentionPolicy, operator: Operator, now: datetime
) -> list[TierOutcome]:
    """Removes files, day by day; a day on which a run is at work is left for the next time.

    A file is removed before the ledger says so: a process that dies in between repeats it.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        policy: Ages by stage.
        operator: Who does it.
        now: Current time, UTC.

    Raises:
        StorageError: A file cannot be removed.
        DatabaseError: The database does not answer.
    """
    outcomes = []
    for stage, age in policy.ages.items():
        removed = [
            (day, files)
            for day, _ in _candidates(engine, stage, age, now)
            if age and (files := _remove_day(engine, lake, stage, day, now - age, now))
        ]
        outcome = _outcome(stage, age, removed)
        if outcome.files:
            _record(engine, operator, outcome, now)
            logger.info("retention: {} files of {} removed", outcome.files, stage)
        outcomes.append(outcome)
    return outcomes


_Day = tuple[str, Sequence[RemovableFile]]


def _candidates(engine: Engine, stage: str, age: timedelta | None, now: datetime) -> Iterator[_Day]:
    """Days with removable files, one in memory at a time."""
    if age is None:
        return
    for day in removable_files.days(engine, stage, now - age):
        if found := removable_files.find(engine, stage, day, now - age):
            yield day, found


def _remove_day(
    engine: Engine, lake: Lake, stage: str, day: str, before: datetime, now: datetime
) -> Sequence[RemovableFile]:
    with _idle(engine, stage, day) as is_idle:
        if not is_idle:
            return ()
        found = removable_files.find(engine, stage, day, before)
        for path in _paths(engine, stage, found):
            lake.remove(path)
        removable_files.mark_removed(engine, stage, day, found, now)
        return found


@contextmanager
def _idle(engine: Engine, stage: str, day: str) -> Iterator[bool]:
    """Holds the stage's lock on a day; False while it or a stage that reads its files works."""
    readers = [locks.stage_lock(each, day) for each in STAGES[STAGES.index(stage) :]]
    if any(locks.is_locked(engine, name) for name in readers):
        yield False
        return
    with locks.acquire(engine, locks.stage_lock(stage, day)):
        yield not any(locks.is_locked(engine, name) for name in readers[1:])


def _paths(engine: Engine, stage: str, files: Sequence[RemovableFile]) -> Iterator[str]:
    if stage == "extract":
        ids = [each.archive_id for each in files]
        for recording in removable_files.recordings_of(engine, ids):
            yield original_bytes.extracted_path(*recording)
        return
    for each in files:
        if stage == "store":
            yield str(PurePosixPath(each.path).with_name(SCHEMA_FILE))
        yield each.path


def _outcome(
    stage: str, age: timedelta | None, found: "Sequence[_Day] | Iterator[_Day]"
) -> TierOutcome:
    days, files, size_bytes = [], 0, 0
    for day, of_day in found:
        days.append(day)
        files += len(of_day)
        size_bytes += sum(each.size_bytes for each in of_day)
    return TierOutcome(stage, age, files, size_bytes, tuple(days))


def _record(engine: Engine, operator: Operator, outcome: TierOutcome, now: datetime) -> None:
    subject = f"{outcome.stage}: {outcome.files} files of {outcome.days[0]} to {outcome.days[-1]}"
    with writing(engine) as connection:
        audit_log.append(
            connection, operator, "retention", [subject], f"older than {outcome.age}", now
        )
