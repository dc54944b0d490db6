"""Recordings that arrived, and findings that were loaded, between two times."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine, and_, func, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

MAX_COUNTED = 10_000
"""Recordings, and findings, counted at most."""

_recording, _run, _finding = tables.recording, tables.algorithm_run, tables.finding


class WorkCounts(NamedTuple):
    """New work between two times.

    Attributes:
        recordings: Recordings that arrived.
        findings: Findings that were loaded, by severity.
        is_capped: Whether there were more than :data:`MAX_COUNTED` of either.
    """

    recordings: int
    findings: dict[str, int]
    is_capped: bool


def count(engine: Engine, before: datetime, after: datetime) -> WorkCounts:
    """New work after one time and until another.

    Args:
        engine: Database of the ledger.
        before: Earlier time, UTC.
        after: Later time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    arrived_at = _recording.c.arrived_at
    day = _recording.c.arrival_day  # it has an index of its own, unlike the time
    first, last = (before - timedelta(days=1)).date(), (after + timedelta(days=1)).date()
    arrived = (
        select(_recording.c.id)
        .where(day.between(first.isoformat(), last.isoformat()))
        .where(arrived_at > before, arrived_at <= after)
        .limit(MAX_COUNTED)
        .subquery()
    )
    is_of_run = and_(
        _finding.c.recording_id == _run.c.recording_id,
        _finding.c.algorithm == _run.c.algorithm,
        _finding.c.arrival_day == _run.c.arrival_day,  # the only partition that can have it
    )
    is_loaded = and_(_run.c.uploaded_at > before, _run.c.uploaded_at <= after)
    of_loaded = select(_run.c.arrival_day).where(is_loaded).distinct()
    days = [row.arrival_day for row in fetch(engine, of_loaded)]  # their partitions alone are read
    loaded = (
        select(_finding.c.severity)
        .select_from(_run.join(_finding, is_of_run))
        .where(is_loaded, _run.c.arrival_day.in_(days), _finding.c.arrival_day.in_(days))
        .limit(MAX_COUNTED)
        .subquery()
    )
    (recordings,) = fetch(engine, select(func.count().label("n")).select_from(arrived))
    severities = fetch(
        engine, select(loaded.c.severity, func.count().label("n")).group_by(loaded.c.severity)
    )
    findings = {row.severity: row.n for row in severities}
    most = max(recordings.n, sum(findings.values()))
    return WorkCounts(recordings.n, findings, most >= MAX_COUNTED)
