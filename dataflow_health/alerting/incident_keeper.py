"""Keeps the incidents equal to the board, in the process that makes the board.

The alert cycle of Dagster's daemon comes every ten seconds at best, and sees saved results only.
It plans and sends the messages; what is open changes here, a second or two after the colours.
"""

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Engine

from dataflow_health.alerting import failure_correlation, incident_engine
from dataflow_health.alerting.incident_engine import AlertConfig
from dataflow_health.alerting.problem_detection import find_problems
from dataflow_health.alerting.sql_incident_store import INCIDENTS_LOCK, SqlIncidentStore
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring.config_reload import ConfigReloader
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.sql import locks

SETTLES_AFTER = timedelta(seconds=30)
"""How long after a change every report is followed: the next results open or close incidents."""
REST = timedelta(seconds=10)
"""Interval while nothing changes, for what time alone changes: an incident that flaps no more."""
LONG_AGO = timedelta(days=1)

Causes = frozenset[tuple[str, str, int]]
"""Fingerprint, severity and failures of each problem of a report."""


class IncidentKeeper:
    """Opens, updates and closes the incidents of one installation; plans no message."""

    def __init__(self, engine: Engine, config: ConfigReloader) -> None:
        """Reads nothing yet.

        Args:
            engine: Engine of the ledger.
            config: The declared processes; its owner reloads it.
        """
        self._engine = engine
        self._config = config
        self._causes: Causes | None = None
        self._age = self._change_age = LONG_AGO
        self._at: datetime | None = None

    def is_due(self, report: HealthReport, now: datetime) -> bool:
        """Whether the incidents may differ from the report.

        Args:
            report: The newest report.
            now: Evaluation time, UTC.
        """
        passed = max(now - self._at, timedelta(0)) if self._at else REST
        self._at, self._age, self._change_age = now, self._age + passed, self._change_age + passed
        causes = _causes(report)
        if causes != self._causes:
            self._causes, self._change_age = causes, timedelta(0)
        return self._change_age <= SETTLES_AFTER or self._age >= REST

    def update(self, report: HealthReport, now: datetime) -> None:
        """Makes the incidents equal to a report of what the ledger holds.

        While another process has their lock, this leaves them to it: one that hangs there must not
        hang the process that makes the board.

        Args:
            report: The report, made after the last reading of the ledger.
            now: Evaluation time, UTC.

        Raises:
            DatabaseError: The ledger is unreachable; nothing is changed then.
        """
        if locks.is_locked(self._engine, INCIDENTS_LOCK):
            return
        incident_engine.update_incidents(
            SqlIncidentStore(self._engine),
            AlertConfig(self._config.current.processes, None),
            report,
            find_problems(report, quarantine.counts(self._engine)),
            now,
            partial(failure_correlation.likely_cause, self._engine),
        )
        self._age = timedelta(0)


def _causes(report: HealthReport) -> Causes:
    return frozenset(
        (each.fingerprint, each.severity, each.failures) for each in find_problems(report)
    )
