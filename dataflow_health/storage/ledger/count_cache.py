"""Counts of all stages and days, of which each reading fetches only the days that changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.health.observation import StageCounts
from dataflow_health.storage.ledger import conservation, day_counts
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import snapshot

CountsOfDay = Mapping[str, StageCounts]
"""Counts of one arrival day by stage."""


class CountCache:
    """The counts of every day in one ledger, for one thread.

    Attributes:
        days: Counts of every day as of the last reading.
    """

    def __init__(self) -> None:
        """Reads nothing yet."""
        self.days: dict[str, CountsOfDay] = {}
        self._next_unread = 0

    @property
    def next_unread(self) -> int:
        """Number of changes from which the next reading goes on."""
        return self._next_unread

    def update(self, engine: Engine, at: datetime) -> set[str] | None:
        """Counts the days that changed since the last reading.

        Args:
            engine: Database of the ledger; the same one each time.
            at: Time of counting, UTC.

        Returns:
            These days; None when all were counted, as the first time.

        Raises:
            DatabaseError: The database does not answer.
        """
        with snapshot(engine) as connection:
            next_unread = change_numbers.next_unread(connection, tables.day_count.c.changed)
            is_whole = self._next_unread == 0 or next_unread < self._next_unread
            days = None if is_whole else day_counts.changed_days(connection, self._next_unread)
            counted = conservation.count_days(connection, at, days)
        if days is None:
            self.days.clear()
        for day in days or ():
            self.days.pop(day, None)
        self.days.update(_by_day(counted))
        self._next_unread = next_unread
        return days

    def resume(self, engine: Engine, since: int, days: Collection[str], at: datetime) -> set[str]:
        """Counts some arrival days, and those that changed since; later readings go on from here.

        Args:
            engine: Database of the ledger; the same one each time.
            since: Number of changes.
            days: The arrival days.
            at: Time of counting, UTC.

        Returns:
            The days that changed.

        Raises:
            DatabaseError: The database does not answer.
        """
        with snapshot(engine) as connection:
            self._next_unread = change_numbers.next_unread(connection, tables.day_count.c.changed)
            changed = day_counts.changed_days(connection, since)
            counted = conservation.count_days(connection, at, changed | {*days})
        self.days = dict(_by_day(counted))
        return changed


def _by_day(counts: list[StageCounts]) -> Mapping[str, CountsOfDay]:
    found: dict[str, dict[str, StageCounts]] = defaultdict(dict)
    for each in counts:
        found[str(each.arrival_day)][each.process] = each
    return found
