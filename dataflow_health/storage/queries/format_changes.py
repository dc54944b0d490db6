"""Changes of format in the recordings of every aircraft."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.health.format_drift import (
    FormatChange,
    compared_formats,
    find_format_changes,
)
from dataflow_health.health.recorded_flight import RecordedFlight
from dataflow_health.storage.queries import recorded_flights
from dataflow_health.storage.records import recorded_formats


def read(
    engine: Engine, since_day: str, known_since: datetime
) -> Mapping[str, Sequence[FormatChange]]:
    """Changes of format by aircraft, oldest first.

    Args:
        engine: Database of the ledger.
        since_day: First arrival day of the recordings that are compared.
        known_since: Changes that were known before are left out, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    return among(engine, recorded_flights.read(engine, since_day), known_since)


def among(
    engine: Engine, flights: Mapping[str, Sequence[RecordedFlight]], known_since: datetime
) -> Mapping[str, tuple[FormatChange, ...]]:
    """Changes of format among recordings that were read already, by aircraft.

    A late card's change is known since its card arrived, whenever it was flown.

    Raises:
        DatabaseError: The database does not answer.
    """
    digests = {digest for each in flights.values() for digest in compared_formats(each)}
    formats = recorded_formats.read(engine, digests)
    return {
        tail: tuple(
            change
            for change in find_format_changes(each, formats)
            if change.known_at >= known_since
        )
        for tail, each in flights.items()
    }
