"""A past for the pages: incidents that ended, and one that is open."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.health.incident_factories import make_incident

ENDED = (
    ("results_database", "answers", "no answer within 2 s", timedelta(days=12), 47, "recovered"),
    ("extract", "archives_open", "archives (2) must be 0", timedelta(days=3), 300, "bad_data"),
)
"""Process, check, detail, age, minutes and outcome of the incidents that ended."""


def insert_history(engine: Engine, now: datetime) -> None:
    """Saves the incidents: two that ended, and then one that is open, number 3."""
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
        opened_at = now - timedelta(minutes=90)
        incidents.save(connection, make_incident(id=0, opened_at=opened_at, updated_at=now))
