"""Readiness of one aircraft, with its newest alerts, and of the fleet, with its departures."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.errors import NotFound, SourceUnreachable
from dataflow_health.health.readiness import decide
from dataflow_health.monitoring import departure_schedule
from dataflow_health.schemas import (
    AircraftReadiness,
    AlgorithmFinding,
    DepartingAircraft,
    FleetReadiness,
)
from dataflow_health.storage.queries import readiness


def aircraft_readiness(engine: Engine, tail: str) -> AircraftReadiness:
    """Whether an aircraft is ready, with the reason.

    Args:
        engine: Database of the ledger.
        tail: Tail number.

    Raises:
        NotFound: No recording is of this aircraft, and no open archive is named for it.
        DatabaseError: The database does not answer.
    """
    by_tail = readiness.read(engine, [tail])
    found = by_tail.get(tail) if tail else None
    if found is None:
        known = ", ".join(sorted(filter(None, by_tail))) or "none"
        raise NotFound(f"no archive or recording is of the aircraft {tail!r}; aircraft: {known}")
    at = found.last_loaded_at
    alerts = readiness.alerts(engine, tail, at) if at else []
    return AircraftReadiness(
        **dict(found),
        alerts=tuple(AlgorithmFinding.model_validate(row._asdict()) for row in alerts),
    )


def fleet_readiness(engine: Engine, schedule_url: str, now: datetime) -> FleetReadiness:
    """Readiness of every aircraft: those that depart first, then those that are not ready.

    Args:
        engine: Database of the ledger.
        schedule_url: Planned departures, as :mod:`departure_schedule` reads them; or empty.
        now: Evaluation time, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    departures, error = _departures(schedule_url, now)
    found = {tail: decide(tail, None, ()) for tail in departures}
    found |= readiness.read(engine, departures)
    aircraft = [
        DepartingAircraft(**dict(each), departs_at=departures.get(tail))
        for tail, each in found.items()
        if tail
    ]
    return FleetReadiness(
        at=now, schedule_error=error, aircraft=tuple(sorted(aircraft, key=_urgency))
    )


def _departures(schedule_url: str, now: datetime) -> tuple[Mapping[str, datetime], str]:
    """Next departures by tail, and why there are none."""
    if not schedule_url:
        return {}, "no departure is known: DATAFLOW_HEALTH_SCHEDULE_URL is not set"
    try:
        schedule = departure_schedule.read(schedule_url)
    except SourceUnreachable as error:
        return {}, str(error)
    return departure_schedule.next_departures(schedule, now), ""


def _urgency(aircraft: DepartingAircraft) -> tuple[bool, float, bool, str]:
    at = aircraft.departs_at
    return at is None, at.timestamp() if at else 0.0, aircraft.ready, aircraft.tail
