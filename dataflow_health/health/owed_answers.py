"""Answers that algorithms owe: declared algorithms that analysed recordings were not run with."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from dataflow_health.health.ledger_check import AnswersComplete
from dataflow_health.health.observation import Evidence, Observation

OWED = "owed"
"""Reason code of every answer that is owed."""


class OwedDay(NamedTuple):
    """Answers that one algorithm owes for the recordings of one arrival day.

    Attributes:
        algorithm: Name of the algorithm.
        version: Its declared version.
        arrival_day: Arrival day of the recordings.
        recordings: Number of recordings without an answer of this version.
        since_at: Start of the debt: the version was declared, and the first of these recordings
            was analysed without it.
    """

    algorithm: str
    version: str
    arrival_day: date
    recordings: int
    since_at: datetime


class OwedAnswers(NamedTuple):
    """All answers that are owed at one time.

    Attributes:
        days: Debts by algorithm and arrival day, newest day first.
    """

    days: tuple[OwedDay, ...] = ()


def judge(process: str, check: AnswersComplete, owed: OwedAnswers, now: datetime) -> Observation:
    """Result of the check: a warning at first, and of the check's severity after its time.

    Args:
        process: Process that declares the check.
        check: The check as declared.
        owed: All answers that are owed.
        now: Evaluation time, UTC.
    """
    overdue_at = now - check.fails_after
    is_overdue = any(each.since_at <= overdue_at for each in owed.days)
    return Observation(
        process=process,
        check=check.name,
        outcome="failed" if owed.days else "passed",
        severity=check.severity if is_overdue else "warning",
        at=now,
        since_at=min([now, *(each.since_at for each in owed.days)]),
        detail=describe(owed),
        evidence=tuple(
            _evidence(process, check, of_algorithm, now) for of_algorithm in by_algorithm(owed)
        ),
    )


def describe(owed: OwedAnswers) -> str:
    """All debts in one line: ``owed: 11 answers of rotor_speed_low``."""
    algorithms = [days[0].algorithm for days in by_algorithm(owed)]
    if not algorithms:
        return "owed: 0 answers"
    count = sum(each.recordings for each in owed.days)
    of = algorithms[0] if len(algorithms) == 1 else f"{len(algorithms)} algorithms"
    return f"owed: {count} {'answer' if count == 1 else 'answers'} of {of}"


def by_algorithm(owed: OwedAnswers) -> list[list[OwedDay]]:
    """The debts of each algorithm, in the order of their names."""
    found: dict[str, list[OwedDay]] = {}
    for each in sorted(owed.days, key=lambda each: each.algorithm):
        found.setdefault(each.algorithm, []).append(each)
    return list(found.values())


def _evidence(
    process: str, check: AnswersComplete, days: Sequence[OwedDay], now: datetime
) -> Evidence:
    since_at = min(each.since_at for each in days)
    count = sum(each.recordings for each in days)
    is_overdue = since_at <= now - check.fails_after
    return Evidence(
        stage=process,
        reason=OWED,
        part=days[0].algorithm,
        expected=f"answers of version {days[0].version}",
        found=f"owed: {count} {'answer' if count == 1 else 'answers'}",
        first_seen_at=min(since_at, now),
        count=count,
        command="dataflow-health rerun --owed",
        severity=check.severity if is_overdue else "warning",
    )
