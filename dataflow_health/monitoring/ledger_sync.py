"""Saves probe results and status changes to the ledger, and reads it, in a thread of its own."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.process import Process
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import evaluation, status_history
from dataflow_health.monitoring.declarations import Declarations
from dataflow_health.monitoring.evaluation import Records
from dataflow_health.monitoring.probe_results import ProbeResults
from dataflow_health.monitoring.prober_lease import ProberLease
from dataflow_health.monitoring.watched_time import WatchedTime
from dataflow_health.storage.records import observations, status_changes
from dataflow_health.storage.records.status_changes import StatusChangeRow
from dataflow_health.storage.sql import database

MAX_PENDING = 10_000
"""Status changes kept while the ledger is away; beyond that the oldest are dropped."""


class LedgerSync:
    """Steps that follow each other in one thread; a step may hang as long as the database does.

    Attributes:
        records: What the ledger held at the newest step; kept while the ledger is away, as no stage
            can work without it.
        error: Reason the newest step failed; empty when it did not.
        has_lease: Whether this process runs the live checks and writes the history, as of the
            newest step that reached the ledger.
        steps: Number of steps that have ended.
        read_s: Duration of the newest reading.
        begun_s: Start of the step that runs, on the monotonic clock; None between steps.
        fingerprints: End of the history at the newest step; None before the first report.
        pending: Status changes that were published while the ledger was away, to be saved later.
        watched: Time that the processes had each status, to be saved by day.
    """

    def __init__(
        self,
        engine: Engine,
        probe_results: ProbeResults,
        lease: ProberLease | None,
        declarations: Declarations | None = None,
        processes: Callable[[], Mapping[str, Process] | None] = lambda: None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            engine: Engine of the ledger.
            probe_results: Results of this process's probes.
            lease: None in a process that neither probes nor writes the history.
            declarations: Saves the declared algorithms while this process has the lease.
            processes: Returns the declared processes, as :func:`evaluation.read_records` has them.
        """
        self.records: Records = ()
        self.error = ""
        self.has_lease = False
        self.steps = 0
        self.read_s = 0.0
        self.begun_s: float | None = None
        self.pending: list[StatusChangeRow] = []
        self.watched = WatchedTime()
        self.fingerprints: status_history.Fingerprints | None = None
        self._engine = engine
        self._probe_results = probe_results
        self._lease = lease
        self._processes = processes
        self._declarations = declarations
        self._recorded: status_history.Fingerprints | None = None
        self._last_id: int | None = None
        self._schema_is_current = False

    def step(
        self, report: HealthReport | None, now: datetime, *, reads_only: bool = False
    ) -> list[StatusChangeRow]:
        """Renews the lease, saves what is due, and reads everything.

        Args:
            report: The report to record in the history; None when there is none.
            now: Evaluation time, UTC.
            reads_only: Neither renew the lease nor save anything.

        Returns:
            Rows of the history since the previous step, whichever process wrote them.
        """
        self.begun_s = time.monotonic()
        try:
            rows = self._step(report, now, reads_only)
        except DatabaseError as error:
            if str(error) != self.error:
                logger.error("the ledger does not answer: {}", error)
            self.error, rows = str(error), []
        finally:
            self.begun_s = None
        self.steps += 1
        return rows

    def add_pending(self, changes: Sequence[StatusChangeRow]) -> None:
        """Keeps published status changes until the ledger is back."""
        self.pending += changes
        del self.pending[:-MAX_PENDING]

    def release_lease(self) -> None:
        """Lets another process probe at once, unless the ledger is away."""
        if self._lease is None or not self.has_lease:
            return
        try:
            self._lease.release(self._engine)
        except DatabaseError as error:
            logger.warning("the lease of the live checks expires by itself: {}", error)
        self.has_lease = False

    def busy_s(self) -> float:
        """Duration of the step that runs; 0 between steps."""
        begun_s = self.begun_s
        return 0.0 if begun_s is None else time.monotonic() - begun_s

    def _step(
        self, report: HealthReport | None, now: datetime, reads_only: bool
    ) -> list[StatusChangeRow]:
        if not self._schema_is_current:
            database.upgrade(self._engine)
            self._schema_is_current = True
        if not reads_only:
            self._renew_lease()
        if self.has_lease:
            due = self._probe_results.due(now)
            observations.save(self._engine, due)
            self._probe_results.mark_saved(due)
            if self._declarations is not None:
                self._declarations.save_if_changed(self._engine, now)
        rows = self._update_history(report)
        if self.has_lease:
            self.watched.save_if_due(self._engine, now)
        begun_s = time.monotonic()
        self.records = evaluation.read_records(self._engine, now, self._processes())
        self.read_s = time.monotonic() - begun_s
        self.error = ""
        return rows

    def _renew_lease(self) -> None:
        had_lease, self.has_lease = (
            self.has_lease, self._lease is not None and self._lease.acquire(self._engine),
        )  # fmt: skip
        if self.has_lease and not had_lease:
            logger.info("this process runs the live checks now")
            self._recorded = None
        if not self.has_lease:
            self._probe_results.clear()
            self.pending.clear()
            self.watched.clear()

    def _update_history(self, report: HealthReport | None) -> list[StatusChangeRow]:
        if self._last_id is None:
            self._last_id = status_changes.latest_id(self._engine)
        if report is not None:
            self.fingerprints = status_history.fingerprints_of(report)
            if self.has_lease and (self.pending or self._recorded != self.fingerprints):
                pending = tuple(self.pending)
                status_history.record(self._engine, report, pending)
                self._recorded = self.fingerprints
                del self.pending[: len(pending)]
        rows = status_changes.read_after(self._engine, self._last_id)
        self._last_id = rows[-1].id if rows else self._last_id
        return rows


def unpublished(
    rows: Sequence[StatusChangeRow], published: Sequence[StatusChangeRow]
) -> list[StatusChangeRow]:
    """Rows that were not published before they were saved."""
    known = {(each.process, each.fingerprint, each.at) for each in published}
    return [row for row in rows if (row.process, row.fingerprint, row.at) not in known]
