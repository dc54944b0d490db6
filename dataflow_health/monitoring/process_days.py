"""Results and counts of one process by arrival day, and the sum of its settled days."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from functools import reduce

from dataflow_health.health import settled_days
from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.settled_days import CheckPart, SettledDays
from dataflow_health.storage.records.settled_history import DayRange, SettledProcess


class ProcessDays:
    """The days of one process.

    Days that were settled when an earlier process kept their sum are in that sum only. One that
    changes later makes all of it stale, as nothing can be taken out of a sum of maxima.

    Attributes:
        name: Name of the process.
        results: Results by arrival day.
        counts: Counts by arrival day.
        is_stale: Whether a day in the sum that was kept has changed.
        has_gained: Whether days were settled since the sum was kept last.
        has_lost: Whether a settled day changed since then.
    """

    def __init__(
        self, name: str, *, is_checked: bool = False, seen: Collection[CheckPart] = ()
    ) -> None:
        """Knows no day yet.

        Args:
            name: Name of the process.
            is_checked: Whether a day with data is unsettled until a check has judged it.
            seen: Checks and parts that a day with data must have a result of.
        """
        self.name = name
        self.results: dict[str, dict[CheckPart, Observation]] = {}
        self.counts: dict[str, StageCounts] = {}
        self.is_stale = self.has_gained = self.has_lost = False
        self._is_checked = is_checked
        self._seen: Counter[CheckPart] = Counter(seen)
        self._open: set[str] = set()
        self._settled: defaultdict[str, set[str]] = defaultdict(set)
        self._sums: dict[str, SettledDays] = {}
        self._total: SettledDays | None = None
        self._kept: SettledProcess | None = None

    def resume(self, kept: SettledProcess) -> None:
        """Takes the days of a sum that was kept for settled."""
        self._kept, self._total = kept, kept.days_sum()
        self._seen.update(kept.seen)

    def is_kept(self, day: str) -> bool:
        """Whether a day is in the sum that was kept."""
        return self._kept is not None and self._kept.has(day)

    def set_result(self, day: str, part: CheckPart, result: Observation) -> None:
        """Replaces the result of a check on a day."""
        if self.is_kept(day):
            self.is_stale = True
            return
        of_day = self.results.setdefault(day, {})
        if of_day.get(part) == result:
            return
        if part not in of_day and part[0] != STEP:
            self._seen[part] += 1
            if self._seen[part] == 1:  # every other day lacks it
                self.reopen()
        of_day[part] = result
        self._reopen(day)

    def set_counts(self, day: str, counts: StageCounts | None) -> None:
        """Replaces the counts of a day; None when nothing is left of it."""
        if self.is_kept(day):
            self.is_stale = True
            return
        if counts is None:
            self.counts.pop(day, None)
        else:
            self.counts[day] = counts
        self._reopen(day)

    def reopen(self) -> None:
        """Takes no day for settled until the next :meth:`settle`."""
        self.is_stale |= self._kept is not None
        self._open |= {*self._settled_days()}
        self.has_lost |= bool(self._sums)
        self._settled.clear()
        self._sums, self._total = {}, None

    def _reopen(self, day: str) -> None:
        self._open.add(day)
        month = month_of(day)
        if day in self._settled.get(month, ()):
            self._settled[month].remove(day)
            self._sums.pop(month, None)
            self._total, self.has_lost = None, True

    def settle(self, now: datetime) -> SettledDays | None:
        """The sum of the settled days; None without any."""
        settled = {day for day in self._open if self._is_settled(day, now)}
        self._open -= settled
        for day in settled:
            self._settled[month_of(day)].add(day)
            self._sums.pop(month_of(day), None)
        self.has_gained |= bool(settled)
        if settled or self._total is None:
            for month, days in self._settled.items():
                if days and month not in self._sums:
                    self._sums[month] = self._summarise(days, now)
            kept = [self._kept.days_sum()] if self._kept else []
            parts = [*kept, *self._sums.values()]
            self._total = reduce(settled_days.add, parts) if parts else None
        return replace(self._total, at=now) if self._total else None

    def _is_settled(self, day: str, now: datetime) -> bool:
        results, counts = self.results.get(day, {}), self.counts.get(day)
        if self._is_checked and counts and counts.data_at and not any(map(_is_check, results)):
            return False
        return settled_days.is_settled(counts, results, self._seen, now)

    def _summarise(self, days: set[str], now: datetime) -> SettledDays:
        counts = [self.counts[day] for day in days if day in self.counts]
        results = (self.results[day] for day in days if day in self.results)
        return settled_days.summarise(self.name, now, counts, results)

    def open_days(self) -> set[str]:
        """The days that are not settled."""
        return self._open

    def open_results(self) -> Iterator[Observation]:
        """Results of the days that are not settled."""
        for day in self._open:
            yield from self.results.get(day, {}).values()

    def open_counts(self, now: datetime) -> Iterator[StageCounts]:
        """Counts of the days that are not settled, as of now."""
        for day in self._open:
            if day in self.counts:
                yield self.counts[day].model_copy(update={"at": now})

    def keep(self) -> SettledProcess | None:
        """What another process needs to go on from here; None without settled days."""
        if self._total is None:
            return None
        ranges = [*(self._kept.days if self._kept else ())]
        ranges += [DayRange(day, day) for day in self._settled_days()]
        joined = join(sorted(ranges), sorted(self._open))
        return SettledProcess.of(self._total, joined, sorted(self._seen))

    def _settled_days(self) -> Iterator[str]:
        for days in self._settled.values():
            yield from days


def _is_check(part: CheckPart) -> bool:
    return part[0] != STEP and not part[1]


def month_of(day: str) -> str:
    """The month of an arrival day, as 2026-11."""
    return day[:7]


def join(ranges: list[DayRange], between: list[str]) -> tuple[DayRange, ...]:
    """Ranges of days, joined where no other day of the process lies between.

    Args:
        ranges: The ranges, oldest first.
        between: Days that are in none of them, oldest first.
    """
    joined: list[DayRange] = []
    for each in ranges:
        if joined and bisect_right(between, joined[-1].last) == bisect_right(between, each.first):
            joined[-1] = DayRange(joined[-1].first, max(joined[-1].last, each.last))
        else:
            joined.append(each)
    return tuple(joined)
