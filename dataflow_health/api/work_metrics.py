"""Histograms of the work of every stage, and of the time from landing to results in SQL.

They count what is finished while this process serves, as all counters of Prometheus do: a query
adds up what happened between two scrapes, and a restart is seen by it.
"""

from collections.abc import Iterator
from datetime import datetime
from threading import Lock

from loguru import logger
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Engine

from dataflow_health.api.request_metrics import NAMESPACE
from dataflow_health.clock import Clock
from dataflow_health.errors import DatabaseError
from dataflow_health.storage.ledger.finished_work import FinishedItem, FinishedWork
from dataflow_health.storage.ledger.stage_order import STAGES

STAGE_BUCKETS_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
LANDING_BUCKETS_S = (5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 4 * 3600, 24 * 3600)


class WorkCollector(Collector):
    """Reads at each scrape what stages finished since the one before.

    While the ledger is away the histograms stay as they are; what was finished meanwhile is
    counted afterwards.
    """

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Reads nothing yet.

        Args:
            engine: Database of the ledger.
            clock: Returns the current time, UTC.
        """
        self._engine, self._clock = engine, clock
        self._work, self._lock = FinishedWork(), Lock()
        self._metrics = CollectorRegistry()
        self._finished = Counter(
            "stage_items",
            "Archives and recordings that a stage finished, by their state then.",
            ("stage", "state"),
            namespace=NAMESPACE,
            registry=self._metrics,
        )
        self._stage_s = Histogram(
            "stage_seconds",
            "Time from a stage's start with an archive or recording to its end.",
            ("stage",),
            namespace=NAMESPACE,
            registry=self._metrics,
            buckets=STAGE_BUCKETS_S,
        )
        self._landing_s = Histogram(
            "landing_to_results_seconds",
            "Time from the arrival of a recording to its results in SQL.",
            namespace=NAMESPACE,
            registry=self._metrics,
            buckets=LANDING_BUCKETS_S,
        )
        for stage in STAGES:  # 0 before the first, so that a rate is right from there
            self._stage_s.labels(stage)
            for state in ("done", "quarantined"):
                self._finished.labels(stage, state)

    def describe(self) -> Iterator[Metric]:
        """Nothing, so that registering it reads no ledger."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """The histograms as of now."""
        with self._lock:
            self._update(self._clock())
            yield from self._metrics.collect()

    def _update(self, now: datetime) -> None:
        try:
            finished = self._work.read(self._engine, now)
        except DatabaseError as error:
            logger.debug("work is counted when the ledger answers again: {}", error)
            return
        for item in finished:
            self._count(item)

    def _count(self, item: FinishedItem) -> None:
        self._finished.labels(item.stage, item.state).inc()
        if item.started_at is not None:
            took_s = (item.finished_at - item.started_at).total_seconds()
            self._stage_s.labels(item.stage).observe(max(took_s, 0.0))
        if item.stage == STAGES[-1] and item.state == "done" and item.arrived_at is not None:
            since_s = (item.finished_at - item.arrived_at).total_seconds()
            self._landing_s.observe(max(since_s, 0.0))
