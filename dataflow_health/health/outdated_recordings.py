"""Recordings that were processed with an older parser, recorder, layout or mapping."""

from datetime import date, datetime
from typing import NamedTuple

from dataflow_health.health import debt_evidence
from dataflow_health.health.debt_evidence import OWED
from dataflow_health.health.ledger_check import VersionsCurrent
from dataflow_health.health.observation import Evidence, Observation

LIST = "dataflow-health owed"
"""Command that lists the debts by stage and day."""


class VersionDebt(NamedTuple):
    """Recordings of one arrival day that a stage finished with an older version.

    Attributes:
        stage: The stage.
        arrival_day: Arrival day of the recordings.
        recordings: Their number.
        since_at: Start of the debt: the present version was declared, and the first of these
            recordings was finished with another.
    """

    stage: str
    arrival_day: date
    recordings: int
    since_at: datetime


class OutdatedRecording(NamedTuple):
    """One recording that a stage would process again.

    Attributes:
        id: SHA-256 of the recording.
        tail: Aircraft.
        arrival_day: Its arrival day.
        stage: The stage.
    """

    id: str
    tail: str
    arrival_day: date
    stage: str


class OutdatedRecordings(NamedTuple):
    """All recordings of older versions at one time.

    Attributes:
        days: Debts by arrival day and stage, newest day first.
        newest: The newest outdated recordings of each stage.
    """

    days: tuple[VersionDebt, ...] = ()
    newest: tuple[OutdatedRecording, ...] = ()

    @property
    def recordings(self) -> int:
        """Number of outdated recordings."""
        return sum(each.recordings for each in self.days)


def judge(
    process: str, check: VersionsCurrent, outdated: OutdatedRecordings, now: datetime
) -> Observation:
    """Result of the check: a warning at first, and of the check's severity after its time.

    Args:
        process: The stage, which declares the check.
        check: The check as declared.
        outdated: All recordings of older versions.
        now: Evaluation time, UTC.
    """
    days = [each for each in outdated.days if each.stage == process]
    since_at = min([now, *(each.since_at for each in days)])
    severity = check.severity if days and since_at <= now - check.fails_after else "warning"
    count = sum(each.recordings for each in days)
    whole = Evidence(
        stage=process,
        reason=OWED,
        expected=f"processed with the present version of {process}",
        first_seen_at=since_at,
        command=debt_evidence.COMMAND,
        severity=severity,
    )
    named = [(e.id, e.tail, e.arrival_day) for e in outdated.newest if e.stage == process]
    return Observation(
        process=process,
        check=check.name,
        outcome="failed" if days else "passed",
        severity=severity,
        at=now,
        since_at=since_at,
        detail=describe(count),
        evidence=debt_evidence.list_debts(whole, named, count, "recording", LIST) if days else (),
    )


def describe(count: int) -> str:
    """The debt in one line: ``owed: 3 recordings of an older version``."""
    return f"owed: {debt_evidence.format_count(count, 'recording')} of an older version"
