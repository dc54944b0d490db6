"""Check results and counts of a ledger, read again at a cost that does not grow with its history.

What changed is read, and what is settled stays in memory as one sum for each process; see
:mod:`dataflow_health.health.settled_days`.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Counts, Observation, StageCounts, add_up
from dataflow_health.health.process import Process, asset_checks
from dataflow_health.health.settled_days import SettledDays
from dataflow_health.monitoring.process_days import ProcessDays
from dataflow_health.storage.ledger.count_cache import CountCache
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations, settled_history
from dataflow_health.storage.records.observation_cache import READ_WHOLE_EVERY, ObservationCache
from dataflow_health.storage.records.observations import Key

Processes = Mapping[str, Process]


CLOCKS_DIFFER = timedelta(minutes=2)
"""Readers take their time before they wait for each other: the last one may bring an earlier one.
"""
KEPT_EVERY = timedelta(hours=1)
"""Sums that only gained days are kept this often; a day that they lost is known at once."""
WORTH_KEEPING = timedelta(days=60)
"""A shorter history is read whole in less time than is worth a write."""


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

    def totals(self) -> dict[str, Counts]:
        """Counts of all days together by stage, in the order of the stages.

        Settled days balance, so what does not is a day of :attr:`counts`.
        """
        by_stage: dict[str, list[Counts]] = {stage: [] for stage in STAGES}
        for counts in self.counts:
            by_stage[counts.process].append(counts)
        for days in self.settled:
            if days.counts:
                by_stage[days.process].append(days.counts)
        return {stage: add_up(found) for stage, found in by_stage.items() if found}


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
        self._dated = dated_checks(processes)
        self._declared = settled_history.key_of(processes, self._dated)
        self._undated: dict[Key, Observation] = {}
        self._read_at: datetime | None = None
        self._resumed_at: datetime | None = None
        self._kept_at: datetime | None = None

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
            self._keep(engine, now)
            return Records(
                [*self._undated.values(), *(r for each, _ in sums for r in each.open_results())],
                [c for each, _ in sums for c in each.open_counts(now)],
                [found for _, found in sums if found],
            )

    def open_days(self, engine: Engine, now: datetime) -> set[str]:
        """Arrival days that are not settled for some process.

        Args:
            engine: Database of the ledger; the same one each time.
            now: Current time, UTC.

        Raises:
            DatabaseError: The database does not answer.
        """
        self.read(engine, now)
        with self._lock:
            return set().union(*(each.open_days() for each in self._days.values()))

    def _update(self, engine: Engine, now: datetime) -> None:
        read_at, self._read_at = self._read_at, None  # after an error everything is read again
        if read_at is None or read_at - now > CLOCKS_DIFFER:
            is_known = False
        else:
            now = max(now, read_at)
            is_known = not self._is_due(now) and self._follow(engine, now)
        if not is_known and not self._resume(engine, now):
            self._read_whole(engine, now)
        self._read_at = now

    def _is_due(self, now: datetime) -> bool:
        """Whether it is time to begin again from the sums that are kept."""
        return self._resumed_at is not None and now - self._resumed_at >= READ_WHOLE_EVERY

    def _follow(self, engine: Engine, now: datetime) -> bool:
        """Adds what changed; False where a sum that was kept no longer holds."""
        results, days = self._results.update(engine, now), self._counts.update(engine, now)
        if results is None or days is None:
            if self._resumed_at is not None:  # numbers of changes have begun again
                return False
            self._forget()
            results, days = self._results.results, set(self._counts.days)
        self._add(results, days)
        return not self._is_stale()

    def _resume(self, engine: Engine, now: datetime) -> bool:
        """Begins from the sums that are kept; False where there are none that hold."""
        kept = settled_history.load(engine, self._declared, now)
        if kept is None:
            return False
        self._forget()
        for process in kept.processes:
            self._days[process.process].resume(process)
        days = {*kept.open_days}
        changed, others = self._results.resume(engine, kept.next_result, days, now)
        changed_days = self._counts.resume(engine, kept.next_count, days, now)
        for key, result in others.items():
            self._set_result(key, result, is_new=False)
        for day in days - changed_days:
            self._set_counts(day, is_new=False)
        self._add(changed, changed_days)
        self._resumed_at, self._kept_at = now, kept.saved_at
        return not self._is_stale()

    def _read_whole(self, engine: Engine, now: datetime) -> None:
        self._results, self._counts = ObservationCache(), CountCache()
        self._forget()
        self._results.update(engine, now)
        self._counts.update(engine, now)
        self._add(self._results.results, set(self._counts.days))
        self._resumed_at = self._kept_at = None

    def _is_stale(self) -> bool:
        return any(each.is_stale for each in self._days.values())

    def _keep(self, engine: Engine, now: datetime) -> None:
        """Keeps the sums for other processes, when they changed and it is worth it."""
        days = self._days.values()
        has_gained = any(each.has_gained for each in days)
        is_due = self._kept_at is None or now - self._kept_at >= KEPT_EVERY
        if not (any(each.has_lost for each in days) or (has_gained and is_due)):
            return
        found = [kept for each in days if (kept := each.keep())]
        if not any(each.days[0].first < (now - WORTH_KEEPING).date().isoformat() for each in found):
            return
        history = settled_history.SettledHistory(
            processes=tuple(found),
            open_days=tuple(sorted(set().union(*(each.open_days() for each in days)))),
            next_result=self._results.next_unread,
            next_count=self._counts.next_unread,
            saved_at=now,
        )
        if settled_history.save(engine, self._declared, history):
            self._kept_at = now
            for each in days:
                each.has_gained = each.has_lost = False

    def _add(self, results: Mapping[Key, Observation], days: Collection[str]) -> None:
        for key, result in results.items():
            self._set_result(key, result)
        for day in days:
            self._set_counts(day)

    def _forget(self) -> None:
        checked = checked_processes(self._processes)
        self._days = {
            name: ProcessDays(name, is_checked=name in checked) for name in self._processes
        }
        self._undated = {}

    def _set_result(self, key: Key, result: Observation, *, is_new: bool = True) -> None:
        process, check, part, day = key
        if day and (process, check) in self._dated:
            of_process = self._days[process]
            if is_new or not of_process.is_kept(day):
                of_process.set_result(day, (check, part), result)
        elif not day and process in self._days:
            self._undated[key] = result

    def _set_counts(self, day: str, *, is_new: bool = True) -> None:
        counts = self._counts.days.get(day, {})
        for name, each in self._days.items():
            is_known = name in counts or day in each.counts
            if is_known and (is_new or not each.is_kept(day)):
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


def dated_checks(processes: Processes) -> set[tuple[str, str]]:
    """Process and name of each check that has a result for every arrival day."""
    return {(name, STEP) for name in processes} | asset_checks(processes)


def checked_processes(processes: Processes) -> set[str]:
    """Processes of which a day with data is unsettled until a check has judged it."""
    return {process for process, _ in asset_checks(processes)}


def unchecked_days(engine: Engine, processes: Processes, now: datetime) -> list[str]:
    """Arrival days whose data changed after it was last checked, oldest first.

    Settled days were checked, so their number adds nothing to the cost.

    Args:
        engine: Database of the ledger.
        processes: The declared processes.
        now: Current time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    not_settled = of(engine, processes).open_days(engine, now)
    return observations.unchecked_days(engine, asset_checks(processes), not_settled)


MOST_SETS = 3
"""Sets of processes whose histories stay in memory: the newest used ones."""

_HISTORIES: WeakKeyDictionary[Engine, list[History]] = WeakKeyDictionary()
_LOCK = Lock()
