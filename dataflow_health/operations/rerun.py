"""Rerun of unfinished work: queues it for its stage again, and names the arrival days to run.

Unfinished are quarantined and waiting items, and items left ``running`` by a run that has ended.
Items that a live run is working on are left alone.
"""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.health.process import Process
from dataflow_health.monitoring import history
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import NOT_DONE
from dataflow_health.storage.records import observations
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

GroupKey = tuple[str, str, str, str]
"""Arrival day, stage, state and reason."""


@dataclass(frozen=True, slots=True)
class RerunFilter:
    """Filter on the unfinished work; None matches everything.

    Attributes:
        stage: Name of a stage.
        day: Arrival day, such as 2026-11-20.
        tail: Tail number of an aircraft.
    """

    stage: str | None = None
    day: str | None = None
    tail: str | None = None


@dataclass(frozen=True, slots=True)
class RerunPlan:
    """Work that a rerun would queue.

    Attributes:
        items: Unfinished archives and recordings.
        days: Arrival days to run, oldest first.
        archives_without_tail: Unfinished archives that a filter by aircraft leaves out: their names
            hold no tail number, so their aircraft is known only after extraction.
    """

    items: tuple[StageRecord, ...]
    days: tuple[str, ...]
    archives_without_tail: int = 0


def plan(
    engine: Engine, wanted: RerunFilter, processes: Mapping[str, Process], now: datetime
) -> RerunPlan:
    """Finds unfinished work; changes nothing.

    Args:
        engine: Database of the ledger.
        wanted: Choice of the items.
        processes: The declared processes: days whose data they have not checked are run as well.
        now: Current time, UTC.

    Raises:
        NotFound: The stage does not exist, or the day is not a date.
        DatabaseError: The ledger is unreachable.
    """
    _check_filter(wanted)
    unfinished_items = quarantine.find(engine, states=NOT_DONE, stage=wanted.stage, day=wanted.day)
    matching = [item for item in unfinished_items if quarantine.belongs_to(item, wanted.tail)]
    archives = sum(item.is_archive for item in unfinished_items)
    archives_without_tail = archives - sum(item.is_archive for item in matching)
    in_progress = _in_progress(engine, matching)
    items = tuple(
        item for item in matching if item.state != "running" or _work_unit(item) not in in_progress
    )
    days = {item.arrival_day for item in items}
    if wanted.tail is None:
        failed = observations.failed_run_days(engine, wanted.stage)
        days |= {day for day in failed if wanted.day in (None, day)}
    if wanted.stage is None and wanted.tail is None:
        unchecked = history.unchecked_days(engine, processes, now)
        days |= {day for day in unchecked if wanted.day in (None, day)}
    return RerunPlan(items, tuple(sorted(days)), archives_without_tail)


def begin(
    engine: Engine, planned: RerunPlan, operator: Operator, *, reason: str, at: datetime
) -> int:
    """Queues the planned items for their stages again, with an audit entry for each.

    Returns:
        Number of items queued.
    """
    return quarantine.requeue(engine, planned.items, operator, action="rerun", reason=reason, at=at)


def unfinished(engine: Engine, planned: RerunPlan) -> tuple[StageRecord, ...]:
    """Planned items that are still unfinished, for use after their days have run."""
    keys = {(item.id, item.stage) for item in planned.items}
    found = quarantine.find(engine, states=NOT_DONE)
    return tuple(item for item in found if (item.id, item.stage) in keys)


def group_counts(items: Sequence[StageRecord]) -> dict[GroupKey, int]:
    """Number of items by arrival day, stage, state and reason, sorted by these."""
    counts: dict[GroupKey, int] = {}
    for item in items:
        reason = item.reason or "" if item.state == "quarantined" else ""
        key = (item.arrival_day, item.stage, item.state, reason)
        counts[key] = counts.get(key, 0) + 1
    return dict(sorted(counts.items(), key=lambda entry: _sort_key(entry[0])))


def _sort_key(key: GroupKey) -> tuple[str, int, str, str]:
    day, stage, state, reason = key
    return day, STAGES.index(stage), state, reason


def _in_progress(engine: Engine, items: Sequence[StageRecord]) -> set[tuple[str, str]]:
    """Stages and days that a live run is working on."""
    running = {_work_unit(item) for item in items if item.state == "running"}
    return {unit for unit in running if locks.is_locked(engine, locks.stage_lock(*unit))}


def _work_unit(item: StageRecord) -> tuple[str, str]:
    return item.stage, item.arrival_day


def _check_filter(wanted: RerunFilter) -> None:
    if wanted.stage is not None and wanted.stage not in STAGES:
        near = difflib.get_close_matches(wanted.stage, STAGES, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise NotFound(f"no stage {wanted.stage!r}; {hint}stages: {', '.join(STAGES)}")
    if wanted.day is not None and not _DAY.fullmatch(wanted.day):
        raise NotFound(f"{wanted.day!r} is not an arrival day such as 2026-11-20")
