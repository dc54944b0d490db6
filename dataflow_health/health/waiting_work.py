"""Work that waits before a stage, and has not moved for too long."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from dataflow_health.health import running_steps
from dataflow_health.health.duration import format_duration
from dataflow_health.health.ledger_check import WorkMoves
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.health.running_steps import RunningStep

LONGEST_QUEUE = timedelta(hours=12)
"""Runs hold one place: a day may wait this long while other days move, as after many replays."""
NOT_MOVING = "not_moving"
"""Reason code of work that waits too long."""
NOT_TAKEN = "not_taken"
"""Reason code of archives that were seen at the source and not taken for too long."""


class WaitingDay(NamedTuple):
    """Unfinished work of one arrival day.

    Attributes:
        stage: The first stage with something unfinished; later ones wait for it.
        arrival_day: The arrival day.
        items: Archives or recordings that this stage has not finished.
        queued_at: When the oldest of them was put before the stage.
        moved_at: When any stage last began or finished something of the day, or got it to do.
        is_running: Whether a run has taken up something that it has not finished.
        at_source: Whether it is archives that were seen at the source and not taken.
    """

    stage: str
    arrival_day: date
    items: int
    queued_at: datetime
    moved_at: datetime
    is_running: bool = False
    at_source: bool = False


class WaitingWork(NamedTuple):
    """All unfinished work at one time, by arrival day, and the steps that work on it."""

    days: tuple[WaitingDay, ...] = ()
    steps: tuple[RunningStep, ...] = ()


def judge(
    process: str,
    check: WorkMoves,
    waiting: WaitingWork,
    failed_days: Collection[date | None],
    now: datetime,
) -> Observation:
    """Result of the check for one stage.

    Args:
        process: The stage, which declares the check.
        check: The check as declared.
        waiting: All unfinished work, and the steps in flight: one that hangs fails the check.
        failed_days: Days on which the stage's own run failed: that is the cause, and is reported.
        now: Evaluation time, UTC.
    """
    stuck = [
        each
        for each in waiting.days
        if each.stage == process
        and each.arrival_day not in failed_days
        and now - each.moved_at > _limit(each, waiting, check.at_most, now)
    ]
    hung = [each for each in waiting.steps if each.stage == process and each.hangs(now)]
    since = [*(e.moved_at + check.at_most for e in stuck), *(e.moved_at for e in hung)]
    return Observation(
        process=process,
        check=check.name,
        outcome="failed" if stuck or hung else "passed",
        severity=check.severity,
        at=now,
        since_at=min([now, *since]),
        detail="; ".join(
            [running_steps.describe(each, now) for each in hung]
            or [_describe(stuck, check.at_most, now)]
        ),
        evidence=(
            *(running_steps.evidence(each, now) for each in hung),
            *(_evidence(process, each, check.at_most) for each in stuck),
        ),
    )


def _limit(day: WaitingDay, waiting: WaitingWork, at_most: timedelta, now: datetime) -> timedelta:
    """Longest time without progress: a day that no run has taken up may wait for days that move."""
    others_move = any(not e.at_source and now - e.moved_at <= at_most for e in waiting.days)
    others_move = others_move or any(
        not step.hangs(now) and step.arrival_day != day.arrival_day for step in waiting.steps
    )
    return max(at_most, LONGEST_QUEUE) if others_move and not day.is_running else at_most


def _describe(stuck: Sequence[WaitingDay], at_most: timedelta, now: datetime) -> str:
    """What waits and for how long, then the limit."""
    if not stuck:
        return f"nothing waits without progress, limit {format_duration(at_most)}"
    items = sum(each.items for each in stuck)
    longest = now - min(each.moved_at for each in stuck)
    days = ", ".join(sorted(each.arrival_day.isoformat() for each in stuck))
    return (
        f"{items} waiting without progress for {format_duration(longest)}, "
        f"limit {format_duration(at_most)} ({days})"
    )


def _evidence(process: str, day: WaitingDay, at_most: timedelta) -> Evidence:
    since = f"{day.moved_at:%F %H:%M:%S}"
    found = (
        f"seen at the source, not taken, since {since}"
        if day.at_source
        else f"waiting, last progress {since}"
    )
    return Evidence(
        stage=process,
        reason=NOT_TAKEN if day.at_source else NOT_MOVING,
        expected=f"progress within {format_duration(at_most)}",
        found=f"{day.arrival_day}: {day.items} {found}",
        first_seen_at=day.moved_at + at_most,
        count=day.items,
    )
