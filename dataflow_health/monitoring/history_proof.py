"""Proof of the sums of settled days that are kept: they are made again, some days at a time.

Its time grows with the history; its memory does not.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from dataflow_health.health import settled_days
from dataflow_health.health.settled_days import SettledDays
from dataflow_health.monitoring.history import Processes, checked_processes, dated_checks
from dataflow_health.monitoring.process_days import ProcessDays
from dataflow_health.storage.ledger import conservation, day_counts
from dataflow_health.storage.records import observations, settled_history
from dataflow_health.storage.records.settled_history import SettledHistory
from dataflow_health.storage.sql import server_limits, tables
from dataflow_health.storage.sql.database import snapshot
from dataflow_health.storage.sql.statements import chunks

DAYS_AT_ONCE = 100


def is_proved(
    engine: Engine, processes: Processes, now: datetime, at_once: int = DAYS_AT_ONCE
) -> bool:
    """Whether the sums that are kept are those of all results and counts; drops them if not.

    Sums that no longer hold, because a settled day has changed since, are left: the next
    reader makes new ones.

    Args:
        engine: Database of the ledger.
        processes: The declared processes.
        now: Current time, UTC.
        at_once: Days that are read together.

    Raises:
        DatabaseError: The database does not answer.
    """
    declared = settled_history.key_of(processes, dated_checks(processes))
    with snapshot(engine) as connection:
        server_limits.lift(connection)
        kept = settled_history.read(connection, declared, now)
        if kept is None:
            return True
        changed = _changed_days(connection, kept)
        if any(each.has(day) for each in kept.processes for day in changed):
            return True
        proof = _Proof(processes, kept, changed | {*kept.open_days}, now)
        for days in chunks(_all_days(connection), at_once):
            proof.add(connection, days)
    if proof.holds():
        return True
    settled_history.forget(engine)
    return False


def _changed_days(connection: Connection, kept: SettledHistory) -> set[str]:
    """Arrival days that have changed since sums were kept."""
    days = day_counts.changed_days(connection, kept.next_count)
    return days | {d for *_, d in observations.read_changed(connection, kept.next_result) if d}


def _all_days(connection: Connection) -> list[str]:
    """Every arrival day that has a count or a check result."""
    columns = (tables.day_count.c.arrival_day, tables.observation.c.arrival_day)
    found = (connection.execute(select(each).distinct()).scalars() for each in columns)
    return sorted({day for days in found for day in days if day})


class _Proof:
    """Sums of settled days, made anew, and whether every day is in them or is open."""

    def __init__(
        self, processes: Processes, kept: SettledHistory, is_open: Collection[str], now: datetime
    ) -> None:
        self._dated, self._checked = dated_checks(processes), checked_processes(processes)
        self._processes, self._open, self._now = processes, is_open, now
        self._kept = {each.process: each for each in kept.processes}
        self._sums: dict[str, SettledDays] = {}
        self._is_wrong = False

    def add(self, connection: Connection, days: Collection[str]) -> None:
        """Reads some days."""
        parts = {
            name: ProcessDays(name, is_checked=name in self._checked, seen=each.seen)
            for name, each in self._kept.items()
        }
        for key, result in observations.read_days(connection, days).items():
            process, check, part, day = key
            if (process, check) in self._dated and self._is_settled(process, day):
                parts[process].set_result(day, (check, part), result)
        for counts in conservation.count_days(connection, self._now, days):
            day = str(counts.arrival_day)
            if counts.process in self._processes and self._is_settled(counts.process, day):
                parts[counts.process].set_counts(day, counts)
        for name, each in parts.items():
            found, before = each.settle(self._now), self._sums.get(name)
            self._is_wrong |= bool(each.open_days())
            if found:
                self._sums[name] = settled_days.add(before, found) if before else found

    def holds(self) -> bool:
        """Whether the sums are those that were kept."""
        kept = {name: replace(each.days_sum(), at=self._now) for name, each in self._kept.items()}
        return not self._is_wrong and self._sums == kept

    def _is_settled(self, process: str, day: str) -> bool:
        """Whether a day is in the sum; one that is neither in it nor open was lost."""
        kept = self._kept.get(process)
        is_in_sum = kept is not None and kept.has(day)
        self._is_wrong |= not is_in_sum and day not in self._open
        return is_in_sum
