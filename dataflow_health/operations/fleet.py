"""Aircraft by stage, worst first."""

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
"""Days of arrivals that are shown when nobody asks for others."""


def fleet_health(engine: Engine, report: HealthReport, days: int = DEFAULT_DAYS) -> FleetHealth:
    """The aircraft of the last days, and of anything older that is not done.

    Args:
        engine: The ledger's.
        report: Tells which stages are blocked.
        days: How many, today among them.

    Raises:
        DatabaseError: The database does not answer.
    """
    since = report.at.date() - timedelta(days=days - 1)
    arrived = fleet_rows.arrivals(engine)
    blocked = {each.name for each in report.processes if each.status is Status.BLOCKED}
    by_tail: dict[str, dict[str, AircraftStage]] = {tail: {} for tail in arrived}
    for each in fleet_rows.stage_counts(engine, since.isoformat()):
        by_tail.setdefault(each.tail, {})[each.stage] = _cell(each, blocked)
    aircraft = [_aircraft(tail, cells, arrived) for tail, cells in by_tail.items()]
    aircraft.sort(key=lambda each: (-each.status.rank, each.tail))
    return FleetHealth(at=report.at, since_day=since, stages=STAGES, aircraft=tuple(aircraft))


def _cell(counted: AircraftCounts, blocked: set[str]) -> AircraftStage:
    return AircraftStage(status=_status(counted, blocked), **counted.model_dump(exclude={"tail"}))


def _status(counted: AircraftCounts, blocked: set[str]) -> Status:
    if counted.quarantined:
        return Status.FAILED
    if counted.in_flight:
        return Status.BLOCKED if counted.stage in blocked else Status.RUNNING
    return Status.HEALTHY if counted.done else Status.UNKNOWN


def _aircraft(
    tail: str, cells: Mapping[str, AircraftStage], arrived: Mapping[str, tuple[int, datetime]]
) -> AircraftHealth:
    recordings, last_at = arrived.get(tail, (0, None))
    every = tuple(
        cells.get(stage) or AircraftStage(stage=stage, status=Status.UNKNOWN) for stage in STAGES
    )
    return AircraftHealth(
        tail=tail,
        status=worst(cell.status for cell in cells.values()),
        recordings=recordings,
        last_arrived_at=last_at,
        stages=every,
    )
