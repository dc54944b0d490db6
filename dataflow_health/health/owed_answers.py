"""Answers that algorithms owe: declared algorithms that analysed recordings were not run with."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from dataflow_health.health import debt_evidence
from dataflow_health.health.debt_evidence import OWED
from dataflow_health.health.ledger_check import AnswersComplete
from dataflow_health.health.observation import Evidence, Observation


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


class OwedRecording(NamedTuple):
    """One recording that is owed answers.

    Attributes:
        id: SHA-256 of the recording.
        tail: Aircraft.
        arrival_day: Its arrival day.
        algorithms: Algorithms without an answer, by name.
    """

    id: str
    tail: str
    arrival_day: date
    algorithms: tuple[str, ...]


class OwedAnswers(NamedTuple):
    """All answers that are owed at one time.

    Attributes:
        days: Debts by algorithm and arrival day, newest day first.
        newest: The newest recordings that are owed an answer.
    """

    days: tuple[OwedDay, ...] = ()
    newest: tuple[OwedRecording, ...] = ()


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
            each
            for of_algorithm in by_algorithm(owed)
            for each in _evidence(process, check, of_algorithm, owed.newest, now)
        ),
    )


def describe(owed: OwedAnswers) -> str:
    """All debts in one line: ``owed: 11 answers of rotor_speed_low``."""
    algorithms = [days[0].algorithm for days in by_algorithm(owed)]
    if not algorithms:
        return "owed: 0 answers"
    count = sum(each.recordings for each in owed.days)
    of = algorithms[0] if len(algorithms) == 1 else f"{len(algorithms)} algorithms"
    return f"owed: {debt_evidence.format_count(count, 'answer')} of {of}"


def by_algorithm(owed: OwedAnswers) -> list[list[OwedDay]]:
    """The debts of each algorithm, in the order of their names."""
    found: dict[str, list[OwedDay]] = {}
    for each in sorted(owed.days, key=lambda each: each.algorithm):
        found.setdefault(each.algorithm, []).append(each)
    return list(found.values())


def _evidence(
    process: str,
    check: AnswersComplete,
    days: Sequence[OwedDay],
    newest: Sequence[OwedRecording],
    now: datetime,
) -> tuple[Evidence, ...]:
    """The newest recordings that one algorithm owes an answer, then the number of all others."""
    since_at = min(each.since_at for each in days)
    is_overdue = since_at <= now - check.fails_after
    algorithm, count = days[0].algorithm, sum(each.recordings for each in days)
    named = [(e.id, e.tail, e.arrival_day) for e in newest if algorithm in e.algorithms]
    whole = Evidence(
        stage=process,
        reason=OWED,
        part=algorithm,
        expected=f"answers of version {days[0].version}",
        first_seen_at=min(since_at, now),
        command=debt_evidence.COMMAND,
        severity=check.severity if is_overdue else "warning",
    )
    list_command = f"dataflow-health owed --algorithm {algorithm}"
    return debt_evidence.list_debts(whole, named, count, "answer", list_command)
