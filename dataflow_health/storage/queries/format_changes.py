"""Changes of format in the recordings of every aircraft."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine

from dataflow_health.health.continuity import RecordedFlight
from dataflow_health.health.format_drift import (
    FormatChange,
    compared_formats,
    find_format_changes,
)
from dataflow_health.storage.queries import recorded_flights
from dataflow_health.storage.records import recorded_formats


def read(engine: Engine, since_day: str) -> Mapping[str, Sequence[FormatChange]]:
    """Changes of format by aircraft, oldest first.

    Args:
        engine: Database of the ledger.
        since_day: First arrival day of the recordings that are compared.

    Raises:
        DatabaseError: The database does not answer.
    """
    return among(engine, recorded_flights.read(engine, since_day))


def among(
    engine: Engine, flights: Mapping[str, Sequence[RecordedFlight]]
) -> Mapping[str, Sequence[FormatChange]]:
    """Changes of format among recordings that were read already, by aircraft.

    Raises:
        DatabaseError: The database does not answer.
    """
    digests = {digest for each in flights.values() for digest in compared_formats(each)}
    formats = recorded_formats.read(engine, digests)
    return {tail: find_format_changes(each, formats) for tail, each in flights.items()}
