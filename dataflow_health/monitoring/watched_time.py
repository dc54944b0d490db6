"""Adds up how long each process has had each status, and saves that by day."""

from collections import defaultdict
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status_day import split_by_day
from dataflow_health.storage.records import status_days
from dataflow_health.storage.records.status_days import StatusDayKey

LONGEST_GAP = timedelta(minutes=2)
"""Time between two reports beyond which the processes were not watched: a machine that slept."""

SAVE_EVERY = timedelta(seconds=30)
"""Most that a killed process loses; the day has that much less watched time."""


class WatchedTime:
    """Seconds by day, process and status that are not saved yet. Threads take turns.

    While the ledger is away the seconds wait: the sums of a day stay as small as ever.
    """

    def __init__(self) -> None:
        """Has watched nothing yet."""
        self._lock = Lock()
        self._seconds: defaultdict[StatusDayKey, float] = defaultdict(float)
        self._newest: HealthReport | None = None
        self._saved_at: datetime | None = None

    def add(self, report: HealthReport) -> None:
        """Counts the time since the report before as time in the statuses of that one."""
        with self._lock:
            before = self._newest
            self._newest = report
            if before is None or not timedelta() < report.at - before.at <= LONGEST_GAP:
                return
            for day, seconds in split_by_day(before.at, report.at).items():
                for process in before.processes:
                    self._seconds[StatusDayKey(day, process.name, process.status)] += seconds

    def clear(self) -> None:
        """Forgets what is not saved, as another process counts it."""
        with self._lock:
            self._seconds.clear()

    def save_if_due(self, engine: Engine, now: datetime) -> None:
        """Saves what was counted, every :data:`SAVE_EVERY`.

        Raises:
            DatabaseError: The database does not answer; the seconds are kept for the next time.
        """
        if self._saved_at is not None and timedelta() <= now - self._saved_at < SAVE_EVERY:
            return
        with self._lock:
            taken, self._seconds = self._seconds, defaultdict(float)
        try:
            status_days.add(engine, taken)
        except DatabaseError:
            with self._lock:
                for key, seconds in taken.items():
                    self._seconds[key] += seconds
            raise
        self._saved_at = now
