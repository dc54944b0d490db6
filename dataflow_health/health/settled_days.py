"""Arrival days of a process that need no attention, as one sum instead of a result for each day.

A day is settled when its counts balance with nothing unfinished or in quarantine, and when all its
checks passed long ago and after the data last changed. A report made from the sum equals the one
made from the days, so that a long history costs a report nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Counts, Observation, StageCounts, add_up

SETTLED_AFTER = timedelta(days=1)
"""A passed check result is settled after this long; far longer than any newer one is expected."""

CheckPart = tuple[str, str]
"""Name of a check and part of the process; an empty part is the whole process."""


class SettledCheck(NamedTuple):
    """Passed results of one check, and one part of the process, on settled days.

    Attributes:
        newest: Result of the newest arrival day.
        at: Time of the newest result, UTC.
        since: Start of the newest unbroken sequence of passes, UTC.
        through_at: Arrival time up to which data was checked, UTC.
        link: Page that shows the check.
    """

    newest: Observation
    at: datetime
    since: datetime
    through_at: datetime
    link: str


@dataclass(frozen=True, slots=True)
class SettledDays:
    """All settled days of one process.

    Attributes:
        process: Name of the process.
        at: Time of reading, UTC.
        counts: Sum of the days' counts; None when the process counts nothing.
        data_at: Newest change of the days' data, UTC.
        checks: Results by check and part.
    """

    process: str
    at: datetime
    counts: Counts | None = None
    data_at: datetime | None = None
    checks: Mapping[CheckPart, SettledCheck] = field(default_factory=dict)

    def of_check(self, name: str) -> SettledCheck | None:
        """Results of a check in all parts of the process; None without any."""
        return merge(each for (check, _), each in self.checks.items() if check == name)

    def of_part(self, part: str) -> "SettledDays":
        """The same days with the results of one part only."""
        checks = {key: each for key, each in self.checks.items() if key[1] == part}
        return SettledDays(self.process, self.at, self.counts, self.data_at, checks)


def is_settled(
    counts: StageCounts | None,
    results: Mapping[CheckPart, Observation],
    expected: Collection[CheckPart],
    now: datetime,
) -> bool:
    """Whether a day of a process needs no attention.

    Args:
        counts: Counts of the day; None when the process counts nothing.
        results: Results of the day.
        expected: Checks and parts that a day with data must have a result of.
        now: Evaluation time, UTC.
    """
    data_at = counts.data_at if counts else None
    if counts and (counts.quarantined or counts.in_flight or counts.running or not counts.balances):
        return False
    if data_at and any(key not in results for key in expected):
        return False
    return all(
        each.outcome == "passed"
        and each.at <= now - SETTLED_AFTER
        and (name == STEP or not data_at or data_at <= each.covers_data_until)
        for (name, _), each in results.items()
    )


def summarise(
    process: str,
    at: datetime,
    counts: Sequence[StageCounts],
    results: Iterable[Mapping[CheckPart, Observation]],
) -> SettledDays:
    """The sum of settled days.

    Args:
        process: Name of the process.
        at: Time of reading, UTC.
        counts: Counts of the days.
        results: Results of each day.
    """
    checks: dict[CheckPart, SettledCheck] = {}
    for of_day in results:
        for key, each in of_day.items():
            before = checks.get(key)
            checks[key] = _add(before, _as_settled(each)) if before else _as_settled(each)
    return SettledDays(
        process,
        at,
        add_up(counts) if counts else None,
        max((each.data_at for each in counts if each.data_at), default=None),
        checks,
    )


def add(first: SettledDays, second: SettledDays) -> SettledDays:
    """The sum of two sums over different days of one process."""
    counts = [each for each in (first.counts, second.counts) if each]
    checks = dict(first.checks)
    for key, each in second.checks.items():
        checks[key] = _add(checks[key], each) if key in checks else each
    return SettledDays(
        first.process,
        max(first.at, second.at),
        add_up(counts) if counts else None,
        max((each.data_at for each in (first, second) if each.data_at), default=None),
        checks,
    )


def merge(found: Iterable[SettledCheck]) -> SettledCheck | None:
    """Results of several parts or days as one; None without any."""
    merged: SettledCheck | None = None
    for each in found:
        merged = each if merged is None else _add(merged, each)
    return merged


def _as_settled(result: Observation) -> SettledCheck:
    since = result.since_at or result.at
    return SettledCheck(result, result.at, since, result.covers_data_until, result.link)


def _add(first: SettledCheck, second: SettledCheck) -> SettledCheck:
    return SettledCheck(
        max(first.newest, second.newest, key=_day_and_detail),
        max(first.at, second.at),
        max(first.since, second.since),
        max(first.through_at, second.through_at),
        max(first.link, second.link),
    )


def _day_and_detail(result: Observation) -> tuple[str, str]:
    return str(result.arrival_day or ""), result.detail
