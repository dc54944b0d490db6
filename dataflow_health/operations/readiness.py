"""Readiness of one aircraft, with the alerts of its newest recordings."""

from sqlalchemy import Engine

from dataflow_health.errors import NotFound
from dataflow_health.schemas import AircraftReadiness, AlgorithmFinding
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
