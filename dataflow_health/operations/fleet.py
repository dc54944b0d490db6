"""Health of every aircraft at every stage, worst first."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import Status, worst
from dataflow_health.schemas import AircraftHealth, AircraftStage, FleetHealth
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import fleet as fleet_rows
from dataflow_health.storage.queries.fleet import AircraftCounts

DEFAULT_DAYS = 30
"""Arrival days shown by default."""


def fleet_health(engine: Engine, report: HealthReport, days: int = DEFAULT_DAYS) -> FleetHealth:
    """Health of all aircraft with recent arrivals or unfinished recordings.

    Args:
        engine: Database of the ledger.
        report: Health report; says which stages are blocked.
        days: Number of arrival days, today included.

    Raises:
        DatabaseError: The database is unreachable.
    """
    since = report.at.date() - timedelta(days=days - 1)
    arrivals = fleet_rows.arrivals(engine)
    blocked = {each.name for each in report.processes if each.status is Status.BLOCKED}
    by_tail: dict[str, dict[str, AircraftStage]] = {tail: {} for tail in arrivals}
    for counts in fleet_rows.stage_counts(engine, since.isoformat()):
        by_tail.setdefault(counts.tail, {})[counts.stage] = _stage(counts, blocked)
    aircraft = [_aircraft(tail, stages, arrivals) for tail, stages in by_tail.items()]
    aircraft.sort(key=lambda each: (-each.status.rank, each.tail))
    return FleetHealth(at=report.at, since_day=since, stages=STAGES, aircraft=tuple(aircraft))


def _stage(counts: AircraftCounts, blocked: set[str]) -> AircraftStage:
    return AircraftStage(status=_status(counts, blocked), **counts.model_dump(exclude={"tail"}))


def _status(counts: AircraftCounts, blocked: set[str]) -> Status:
    if counts.quarantined:
        return Status.FAILED
    if counts.in_flight:
        return Status.BLOCKED if counts.stage in blocked else Status.RUNNING
    return Status.HEALTHY if counts.done else Status.UNKNOWN


def _aircraft(
    tail: str,
    known: Mapping[str, AircraftStage],
    arrivals: Mapping[str, tuple[int, datetime]],
) -> AircraftHealth:
    recordings, last_arrived_at = arrivals.get(tail, (0, None))
    stages = tuple(
        known.get(stage) or AircraftStage(stage=stage, status=Status.UNKNOWN) for stage in STAGES
    )
    return AircraftHealth(
        tail=tail,
        status=worst(each.status for each in known.values()),
        recordings=recordings,
        last_arrived_at=last_arrived_at,
        stages=stages,
    )
