"""Re-run: what is not done goes back before its stage, and the days it belongs to are run.

Only what is not done: refused, waiting, or left running by a run that is gone. What a living run
works on is left to it. Knows no Dagster; ``rerun_job`` is the same for the launchpad.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.ledger.stage_records import StageRecord
from dataflow_health.storage.ledger.states import NOT_DONE
from dataflow_health.storage.records import observations
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class RerunFilter:
    """What to keep to; None for all.

    Attributes:
        stage: One of the eight.
        day: Arrival day, as 2026-11-20.
        tail: Aircraft.
    """

    stage: str | None = None
    day: str | None = None
    tail: str | None = None


@dataclass(frozen=True, slots=True)
class RerunPlan:
    """What a re-run would do.

    Attributes:
        items: Unfinished archives and recordings, rows of
            :func:`dataflow_health.storage.ledger.quarantine.find`.
        days: Arrival days to run, oldest first.
        archives_without_tail: Unfinished archives that a filter by aircraft leaves out: their names
            hold no tail number, so their aircraft is known only after extraction.
    """

    items: tuple[StageRecord, ...]
    days: tuple[str, ...]
    archives_without_tail: int = 0


def plan(engine: Engine, choice: RerunFilter) -> RerunPlan:
    """What is not done. Changes nothing.

    Raises:
        NotFound: No such stage, or that is no day.
        DatabaseError: The ledger does not answer.
    """
    _refuse_nonsense(choice)
    undone = quarantine.find(engine, states=NOT_DONE, stage=choice.stage, day=choice.day)
    found = [row for row in undone if quarantine.belongs_to(row, choice.tail)]
    archives = sum(row.is_archive for row in undone)
    unnamed = archives - sum(row.is_archive for row in found)
    worked = _worked(engine, found)
    things = tuple(row for row in found if _place(row) not in worked or row.state != "running")
    days = {row.arrival_day for row in things}
    if choice.stage is None and choice.tail is None:
        unchecked = observations.unchecked_days(engine)
        days |= {day for day in unchecked if choice.day in (None, day)}
    return RerunPlan(things, tuple(sorted(days)), unnamed)


def begin(
    engine: Engine, planned: RerunPlan, operator: Operator, *, reason: str, at: datetime
) -> int:
    """Puts what is planned back before its stage, audited; gives how many."""
    return quarantine.requeue(engine, planned.items, operator, action="rerun", reason=reason, at=at)


def unfinished(engine: Engine, planned: RerunPlan) -> tuple[StageRecord, ...]:
    """What of a plan is still not done, once its days were run."""
    ids = {(row.id, row.stage) for row in planned.items}
    undone = quarantine.find(engine, states=NOT_DONE)
    return tuple(row for row in undone if (row.id, row.stage) in ids)


def group_counts(things: Sequence[StageRecord]) -> dict[tuple[str, str, str, str], int]:
    """How many by day, stage, state and reason, in that order."""
    counted: dict[tuple[str, str, str, str], int] = {}
    for row in things:
        reason = row.reason or "" if row.state == "quarantined" else ""
        key = (row.arrival_day, row.stage, row.state, reason)
        counted[key] = counted.get(key, 0) + 1
    return dict(sorted(counted.items(), key=lambda i: (i[0][0], STAGES.index(i[0][1]), i[0][2:])))


def _worked(engine: Engine, things: Sequence[StageRecord]) -> set[tuple[str, str]]:
    """Stages and days that a living run works on now."""
    running = {_place(row) for row in things if row.state == "running"}
    return {place for place in running if locks.is_locked(engine, locks.stage_lock(*place))}


def _place(row: StageRecord) -> tuple[str, str]:
    return row.stage, row.arrival_day


def _refuse_nonsense(choice: RerunFilter) -> None:
    if choice.stage is not None and choice.stage not in STAGES:
        near = difflib.get_close_matches(choice.stage, STAGES, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise NotFound(f"no stage {choice.stage!r}; {guess}stages: {', '.join(STAGES)}")
    if choice.day is not None and not DAY.fullmatch(choice.day):
        raise NotFound(f"{choice.day!r} is no arrival day; write it as 2026-11-20")
