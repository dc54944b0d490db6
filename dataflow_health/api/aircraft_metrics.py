"""Metrics of every aircraft and of open incidents, read from the ledger at most every 15 s."""

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from loguru import logger
from prometheus_client import Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from dataflow_health.api.request_metrics import gauge
from dataflow_health.clock import Clock
from dataflow_health.errors import DatabaseError
from dataflow_health.storage.queries import aircraft_numbers
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import reading

AT_MOST_EVERY = timedelta(seconds=15)
FINDINGS_OF = timedelta(days=7)


class AircraftCollector(Collector):
    """Metrics of aircraft and incidents, and the room of the disk that holds the home folder.

    While the ledger does not answer, these metrics are absent rather than old.
    """

    def __init__(self, engine: Engine, clock: Clock, home: Path) -> None:
        """Reads nothing yet.

        Args:
            engine: Database of the ledger.
            clock: Returns the current time, UTC.
            home: Home folder.
        """
        self._engine, self._clock, self._home = engine, clock, home
        self._read_at: datetime | None = None
        self._metrics: tuple[Metric, ...] = ()
        self._lock = Lock()

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering it reads no ledger."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The metrics as of now, or of at most 15 s ago."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or abs(now - self._read_at) >= AT_MOST_EVERY:
                self._read_at, self._metrics = now, self._read(now)
            yield from self._metrics
        yield from _disk_metrics(self._home)

    def _read(self, now: datetime) -> tuple[Metric, ...]:
        try:
            numbers = aircraft_numbers.read(self._engine, now - FINDINGS_OF)
            with reading(self._engine) as connection:
                opened = incidents.find_open(connection).values()
        except DatabaseError as error:
            logger.debug("no metrics of aircraft while the ledger is away: {}", error)
            return ()
        arrivals = gauge(
            "aircraft_last_arrival_seconds", "Unix time of the newest recording.", "aircraft"
        )
        for tail, at in numbers.last_arrivals.items():
            arrivals.add_metric((tail,), at.timestamp())
        items = gauge(
            "aircraft_open_items",
            "Archives and recordings without results.",
            *("aircraft", "stage", "state"),
        )
        for item, count in numbers.open_items.items():
            items.add_metric(item, count)
        findings = gauge(
            "aircraft_findings",
            "Findings in flights of the last seven days.",
            *("aircraft", "severity"),
        )
        for finding, count in numbers.findings.items():
            findings.add_metric(finding, count)
        number = Counter((each.effective_severity, each.state) for each in opened)
        open_incidents = gauge("incidents", "Open incidents.", "severity", "state")
        for incident, count in number.items():
            open_incidents.add_metric(incident, count)
        return arrivals, items, findings, open_incidents


def _disk_metrics(home: Path) -> Iterator[Metric]:
    try:
        usage = shutil.disk_usage(home)
    except OSError:
        return
    for name, help_text, value in (
        ("home_free_bytes", "Free bytes of the disk of the home folder.", usage.free),
        ("home_size_bytes", "Size of the disk of the home folder in bytes.", usage.total),
    ):
        disk = gauge(name, help_text)
        disk.add_metric((), value)
        yield disk
