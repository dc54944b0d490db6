"""Removes files that the retention policy keeps no longer; the ledger remembers that it did."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import StorageError
from dataflow_health.health.debt_evidence import format_count
from dataflow_health.health.retention import RetentionPolicy
from dataflow_health.operations import file_removal
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger import lake_marker, removable_files
from dataflow_health.storage.ledger.removable_files import RemovableFile
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
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

    A file is removed before the ledger says so: a process that dies in between repeats it. One that
    cannot be removed holds up no other; it fails the whole at its end.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        policy: Ages by stage.
        operator: Who does it.
        now: Current time, UTC.

    Raises:
        StorageError: The lake is not mounted, or a file cannot be removed; all others were.
        DatabaseError: The database does not answer.
    """
    lake_marker.ensure(engine, lake)
    outcomes, faults = [], list[StorageError]()
    for stage, age in policy.ages.items():
        removed = list(_remove(engine, lake, stage, age, now, faults))
        outcome = _outcome(stage, age, removed)
        if outcome.files:
            _record(engine, operator, outcome, now)
            logger.info("retention: {} files of {} removed", outcome.files, stage)
        outcomes.append(outcome)
    if faults:
        kept, gone = format_count(len(faults), "file"), sum(each.files for each in outcomes)
        raise StorageError(f"{faults[0]} ({kept} could not be removed, {gone} were)")
    return outcomes


_Day = tuple[str, Sequence[RemovableFile]]


def _candidates(engine: Engine, stage: str, age: timedelta | None, now: datetime) -> Iterator[_Day]:
    """Days with removable files, one in memory at a time."""
    if age is None:
        return
    for day in removable_files.days(engine, stage, now - age):
        if found := removable_files.find(engine, stage, day, now - age):
            yield day, found


def _remove(
    engine: Engine,
    lake: Lake,
    stage: str,
    age: timedelta | None,
    now: datetime,
    faults: list[StorageError],
) -> Iterator[_Day]:
    """Removes the files of a stage; yields what was removed of each day.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        stage: The stage.
        age: Age after which its files are removed; None for ever.
        now: Current time, UTC.
        faults: Gets an error of each file that stays. At a number of them no more are tried.
    """
    for day, _ in _candidates(engine, stage, age, now):
        if age is None or len(faults) >= file_removal.MOST_FAULTS:
            return
        if files := file_removal.remove_day(engine, lake, stage, day, now - age, now, faults):
            yield day, files


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
