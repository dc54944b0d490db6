"""Runs of the Dagster instance in a home, newest first."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import dagster as dg

from dataflow_health.errors import NotFound
from dataflow_health.orchestration import instance_storage

PARTITION_TAG = "dagster/partition"


class RunEntry(NamedTuple):
    """One run.

    Attributes:
        id: Id of the run.
        job: Name of its job; that of assets materialised by hand is Dagster's own.
        status: Status in small letters, as ``success``.
        day: Arrival day; empty for a job without one.
        created_at: When it was queued, UTC.
        started_at: When it was started, UTC; None before.
        ended_at: When it ended, UTC; None before.
    """

    id: str
    job: str
    status: str
    day: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    def duration(self, now: datetime) -> timedelta | None:
        """How long it has run; None before it was started."""
        return None if self.started_at is None else (self.ended_at or now) - self.started_at


def read(home: Path, *, status: str = "", day: str = "", limit: int = 50) -> list[RunEntry]:
    """Runs, newest first.

    Args:
        home: Dagster's folder in the home of the installation.
        status: Only in this status.
        day: Only of this arrival day.
        limit: Number of runs at most.

    Raises:
        NotFound: There is no Dagster instance.
    """
    if not (home / "dagster.yaml").exists():
        raise NotFound(f"no runs at {home}: give --home, or run dataflow-health demo or up first")
    wanted = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus(status.upper())] if status else None,
        tags={PARTITION_TAG: day} if day else None,
    )
    instance_storage.create(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        return [_entry(record) for record in instance.get_run_records(wanted, limit=limit)]


def _entry(record: "dg.RunRecord") -> RunEntry:
    run = record.dagster_run
    return RunEntry(
        id=run.run_id,
        job=run.job_name,
        status=run.status.value.lower(),
        day=run.tags.get(PARTITION_TAG, ""),
        created_at=record.create_timestamp.astimezone(UTC),
        started_at=_utc(record.start_time),
        ended_at=_utc(record.end_time),
    )


def _utc(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
