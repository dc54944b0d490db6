"""The watch's one hand on the ledger: keeps answers and transitions there, and reads it."""

import time
from collections.abc import Sequence
from datetime import datetime

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import evaluation, status_history
from dataflow_health.monitoring.evaluation import Records
from dataflow_health.monitoring.probe_results import ProbeResults
from dataflow_health.storage.records import observations, status_changes
from dataflow_health.storage.records.status_changes import StatusChangeRow
from dataflow_health.storage.sql import database

MAX_PENDING = 10_000
"""Transitions that wait for the ledger to come back; then the oldest are given up."""


class LedgerSync:
    """One step after the other, in one thread; a step may hang as long as the database does.

    Attributes:
        seen: What the ledger said last. Without a ledger no stage can work, so it stays true.
        fault: Why there is nothing newer; empty when there is.
        steps: How many came to an end.
        read_s: How long the last reading took.
        begun_s: When the step under way began, on the monotonic clock; None between steps.
        marks: Where the written history stands; None before it was written to.
        pending: Transitions told while the ledger was away, to be written when it is back.
    """

    def __init__(self, engine: Engine, live: ProbeResults) -> None:
        """Touches nothing yet."""
        self.seen: Records = ()
        self.fault = ""
        self.steps = 0
        self.read_s = 0.0
        self.begun_s: float | None = None
        self.pending: list[StatusChangeRow] = []
        self._engine = engine
        self._live = live
        self.fingerprints: status_history.Fingerprints | None = None
        self._last_id: int | None = None
        self._is_current = False

    def step(self, report: HealthReport | None, now: datetime) -> list[StatusChangeRow]:
        """Keeps what is due and reads all; gives the history's rows since the last step.

        Args:
            report: To be recorded; None when there is none yet.
            now: The moment.
        """
        self.begun_s = time.monotonic()
        try:
            rows = self._step(report, now)
        except DatabaseError as fault:
            if str(fault) != self.fault:
                logger.error("the ledger does not answer: {}", fault)
            self.fault, rows = str(fault), []
        finally:
            self.begun_s = None
        self.steps += 1
        return rows

    def wait_with(self, changed: Sequence[StatusChangeRow]) -> None:
        """Keeps transitions that were told until they can be written."""
        self.pending += changed
        del self.pending[:-MAX_PENDING]

    def busy_s(self) -> float:
        """How long the step under way has taken, 0 between steps."""
        begun_s = self.begun_s
        return 0.0 if begun_s is None else time.monotonic() - begun_s

    def _step(self, report: HealthReport | None, now: datetime) -> list[StatusChangeRow]:
        if not self._is_current:
            database.upgrade(self._engine)
            self._is_current = True
        due = self._live.due(now)
        observations.save(self._engine, due)
        self._live.keep(due)
        rows = self._recorded(report)
        begun_s = time.monotonic()
        self.seen = evaluation.read_records(self._engine, now)
        self.read_s = time.monotonic() - begun_s
        self.fault = ""
        return rows

    def _recorded(self, report: HealthReport | None) -> list[StatusChangeRow]:
        if self._last_id is None:
            self._last_id = status_changes.latest_id(self._engine)
        if report is not None and self._differs(report):
            waiting = tuple(self.pending)
            status_history.record(self._engine, report, waiting)
            self.fingerprints = status_history.fingerprints_of(report)
            del self.pending[: len(waiting)]
        rows = status_changes.read_after(self._engine, self._last_id)
        self._last_id = rows[-1].id if rows else self._last_id
        return rows

    def _differs(self, report: HealthReport) -> bool:
        return bool(self.pending) or self.fingerprints != status_history.fingerprints_of(report)


def unpublished(
    rows: Sequence[StatusChangeRow], told: Sequence[StatusChangeRow]
) -> list[StatusChangeRow]:
    """Rows that were not among those told before they could be written."""
    known = {(each.process, each.fingerprint, each.at) for each in told}
    return [row for row in rows if (row.process, row.fingerprint, row.at) not in known]
