"""A past for the pages: incidents that ended, one that is open, and the days before."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status
from dataflow_health.monitoring import health_service, status_history
from dataflow_health.storage.records import incidents, status_days
from dataflow_health.storage.records.status_days import StatusDayKey
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests import factories
from dataflow_health_tests.health.incident_factories import make_incident

ENDED = (
    ("results_database", "answers", "no answer within 2 s", timedelta(days=12), 47, "recovered"),
    ("extract", "archives_open", "archives (2) must be 0", timedelta(days=3), 300, "bad_data"),
)
"""Process, check, detail, age, minutes and outcome of the incidents that ended."""


TROUBLE = (
    ("results_database", 12, Status.FAILED, 47),
    ("load", 12, Status.BLOCKED, 47),
    ("extract", 3, Status.FAILED, 300),
    ("parse", 3, Status.BLOCKED, 300),
    ("parse", 21, Status.FAILED, 95),
    ("landing_folder", 44, Status.WARNING, 200),
    ("ingest", 50, Status.STALE, 500),
)
"""Process, days ago, status and minutes."""
WATCHED_DAYS = 70
OFF_DAYS = range(30, 33)
"""Days ago on which nothing watched."""
DAY_S = 86_400.0
OPEN_FOR = timedelta(minutes=90)
"""Age of the open incident, before which every process was healthy."""


def insert_history(engine: Engine, now: datetime) -> None:
    """Saves incidents, two that ended and then an open one, number 3, and the days of processes."""
    _insert_incidents(engine, now)
    _insert_days(engine, now)
    opened_at = now - OPEN_FOR
    report = health_service.from_ledger(engine, factories.catalogue(), opened_at)
    status_history.record(engine, _all_healthy(report, opened_at - timedelta(days=30)))
    status_history.record(engine, report)


def _all_healthy(report: HealthReport, at: datetime) -> HealthReport:
    well = {"status": Status.HEALTHY, "reason": "all checks passed", "since": at, "checks": ()}
    processes = tuple(each.model_copy(update=well) for each in report.processes)
    return HealthReport(at=at, status=Status.HEALTHY, processes=processes)


def _insert_days(engine: Engine, now: datetime) -> None:
    today = now.date()
    seconds = {
        StatusDayKey(today - timedelta(days=ago), process, Status.HEALTHY): DAY_S
        for process in factories.catalogue().processes
        for ago in range(1, WATCHED_DAYS)
        if ago not in OFF_DAYS
    }
    for process, ago, status, minutes in TROUBLE:
        day = today - timedelta(days=ago)
        seconds[StatusDayKey(day, process, status)] = minutes * 60.0
        seconds[StatusDayKey(day, process, Status.HEALTHY)] -= minutes * 60.0
    status_days.add(engine, seconds)


def _insert_incidents(engine: Engine, now: datetime) -> None:
    with writing(engine) as connection:
        for process, check, detail, age, minutes, how in ENDED:
            length = timedelta(minutes=minutes)
            by = "" if how == "recovered" else "anna"
            ended = make_incident(
                id=0, process=process, check=check, detail=detail, cause="failed", describes="",
                tails=(), state="resolved", opened_at=now - age, closed_at=now - age + length,
                updated_at=now, acknowledged_by=by, resolution=how, resolved_by=by,
            )  # fmt: skip
            incidents.save(connection, ended)
        opened = make_incident(id=0, opened_at=now - OPEN_FOR, updated_at=now)
        incidents.save(connection, opened)
