"""Check results and counts of a ledger, read again at a cost that does not grow with its history.

What changed is read, and what is settled stays in memory as one sum for each process; see
:mod:`dataflow_health.health.settled_days`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from dataflow_health.health import settled_days
from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.process import Process, asset_checks
from dataflow_health.health.settled_days import CheckPart, SettledDays
from dataflow_health.storage.ledger.count_cache import CountCache
from dataflow_health.storage.records.observation_cache import ObservationCache
from dataflow_health.storage.records.observations import Key

Processes = Mapping[str, Process]


class Records(NamedTuple):
    """What a report is made from.

    Attributes:
        results: Check results, but those of settled days.
        counts: Counts, but those of settled days.
        settled: Settled days, one sum for each process that has some.
    """

    results: list[Observation]
    counts: list[StageCounts]
    settled: list[SettledDays]


class ProcessDays:
    """Results and counts of one process by arrival day, and the sum of its settled days."""

    def __init__(self, name: str) -> None:
        """Knows no day yet."""
        self.name = name
        self.results: dict[str, dict[CheckPart, Observation]] = {}
        self.counts: dict[str, StageCounts] = {}
        self._seen: Counter[CheckPart] = Counter()
        self._open: set[str] = set()
        self._settled: set[str] = set()
        self._sum: SettledDays | None = None

    def set_result(self, day: str, part: CheckPart, result: Observation) -> None:
        """Replaces the result of a check on a day."""
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
        if counts is None:
            self.counts.pop(day, None)
        else:
            self.counts[day] = counts
        self._reopen(day)

    def reopen(self) -> None:
        """Takes no day for settled until the next :meth:`settle`."""
        self._open |= self._settled
        self._settled, self._sum = set(), None

    def _reopen(self, day: str) -> None:
        self._open.add(day)
        if day in self._settled:
            self._settled.remove(day)
            self._sum = None

    def settle(self, now: datetime) -> SettledDays | None:
        """The sum of the settled days; None without any."""
        settled = {day for day in self._open if self._is_settled(day, now)}
        self._open -= settled
        self._settled |= settled
        if self._sum is None:
            settled = self._settled
        if settled:
            added = self._summarise(settled, now)
            self._sum = settled_days.add(self._sum, added) if self._sum else added
        return replace(self._sum, at=now) if self._sum else None

    def _is_settled(self, day: str, now: datetime) -> bool:
        results = self.results.get(day, {})
        return settled_days.is_settled(self.counts.get(day), results, self._seen, now)

    def _summarise(self, days: set[str], now: datetime) -> SettledDays:
        counts = [self.counts[day] for day in days if day in self.counts]
        results = (self.results[day] for day in days if day in self.results)
        return settled_days.summarise(self.name, now, counts, results)

    def open_results(self) -> Iterator[Observation]:
        """Results of the days that are not settled."""
        for day in self._open:
            yield from self.results.get(day, {}).values()

    def open_counts(self, now: datetime) -> Iterator[StageCounts]:
        """Counts of the days that are not settled, as of now."""
        for day in self._open:
            if day in self.counts:
                yield self.counts[day].model_copy(update={"at": now})


class History:
    """Check results and counts of one ledger, for one set of processes. Threads take turns."""

    def __init__(self, processes: Processes) -> None:
        """Reads nothing yet.

        Args:
            processes: The declared processes; results of undeclared ones are left out.
        """
        self._lock = Lock()
        self._results = ObservationCache()
        self._counts = CountCache()
        self._processes = processes
        self._days: dict[str, ProcessDays] = {}
        self._dated: set[tuple[str, str]] = set()
        self._undated: dict[Key, Observation] = {}
        self._read_at: datetime | None = None

    def is_of(self, processes: Processes) -> bool:
        """Whether it is the history of these processes."""
        return processes is self._processes or processes == self._processes

    def read(self, engine: Engine, now: datetime) -> Records:
        """What a report is made from, with the settled days as sums.

        Args:
            engine: Database of the ledger; the same one each time.
            now: Evaluation time, UTC.

        Raises:
            DatabaseError: The database does not answer.
        """
        with self._lock:
            self._update(engine, now)
            sums = [(each, each.settle(now)) for each in self._days.values()]
            return Records(
                [*self._undated.values(), *(r for each, _ in sums for r in each.open_results())],
                [c for each, _ in sums for c in each.open_counts(now)],
                [found for _, found in sums if found],
            )

    def _update(self, engine: Engine, now: datetime) -> None:
        read_at, self._read_at = self._read_at, None  # after an error everything is added again
        results, days = self._results.update(engine, now), self._counts.update(engine, now)
        if results is None or days is None or read_at is None or now < read_at:
            self._forget()
            results, days = self._results.results, set(self._counts.days)
        for key, result in results.items():
            self._set_result(key, result)
        for day in days:
            self._set_counts(day)
        self._read_at = now

    def _forget(self) -> None:
        self._days = {name: ProcessDays(name) for name in self._processes}
        self._dated = {(name, STEP) for name in self._processes} | asset_checks(self._processes)
        self._undated = {}

    def _set_result(self, key: Key, result: Observation) -> None:
        process, check, part, day = key
        if day and (process, check) in self._dated:
            self._days[process].set_result(day, (check, part), result)
        elif not day and process in self._days:
            self._undated[key] = result

    def _set_counts(self, day: str) -> None:
        counts = self._counts.days.get(day, {})
        for name, each in self._days.items():
            if name in counts or day in each.counts:
                each.set_counts(day, counts.get(name))


def of(engine: Engine, processes: Processes) -> History:
    """The history of a ledger that all readers of these processes share.

    Readers may know different processes, such as the YAML files now and those at the last reload:
    each set has a history of its own, or they would make each other read everything again.

    Args:
        engine: Database of the ledger.
        processes: The declared processes.
    """
    with _LOCK:
        kept = _HISTORIES.setdefault(engine, [])
        found = next((each for each in kept if each.is_of(processes)), None) or History(processes)
        kept[:] = [found, *(each for each in kept if each is not found)][:MOST_SETS]
        return found


MOST_SETS = 3
"""Sets of processes whose histories stay in memory: the newest used ones."""

_HISTORIES: WeakKeyDictionary[Engine, list[History]] = WeakKeyDictionary()
_LOCK = Lock()
