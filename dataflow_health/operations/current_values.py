"""Last known value of each parameter of an aircraft's newest flight."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import NotAllowed
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.operations import parameter_file
from dataflow_health.operations.parameter_file import FileReading
from dataflow_health.operations.series import known_samples
from dataflow_health.schemas import CurrentFlight, CurrentValue
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.queries import newest_flights

MAX_KEPT = 256
"""Recordings whose last values are kept."""


@dataclass(frozen=True, slots=True)
class LastValues:
    """Last values of a recording, and its start in UTC."""

    started_at: datetime | None
    values: tuple[CurrentValue, ...]


def current(
    engine: Engine,
    lake: Lake,
    catalogue: Catalogue,
    *,
    tail: str = "",
    parameters: Collection[str] = (),
) -> tuple[CurrentFlight, ...]:
    """Last known values of the newest flight of each aircraft, by tail.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        catalogue: What is declared.
        tail: Only of this aircraft; empty for all.
        parameters: Only these parameters; all that are not text when it is empty.

    Raises:
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    return tuple(_flights(engine, lake, catalogue, tail, frozenset(parameters)))


def _flights(
    engine: Engine, lake: Lake, catalogue: Catalogue, tail: str, wanted: Collection[str]
) -> Iterator[CurrentFlight]:
    for flight in newest_flights.read(engine, tail):
        same = {"tail": flight.tail, "recording": flight.id, "arrived_at": flight.arrived_at}
        try:
            last = _last_values(
                FileReading(parameter_file.find(engine, lake, flight.id), catalogue)
            )
        except NotAllowed as error:
            yield CurrentFlight.model_validate({**same, "error": str(error)})
            continue
        values = tuple(each for each in last.values if not wanted or each.parameter in wanted)
        shown = {"started_at": last.started_at, "values": values}
        yield CurrentFlight.model_validate({**same, **shown})


@lru_cache(MAX_KEPT)
def _last_values(reading: FileReading) -> LastValues:
    """Last values of a file, of which one parameter at a time is in memory."""
    file, opened = reading.file, reading.file.open()
    known = parameter_file.parameters(file, reading.catalogue)
    started_at, values = None, []
    for name in (each.name for each in known if not each.is_text):
        decoded = parameter_file.read(file, [name], reading.catalogue, opened)
        started_at = decoded.started_at
        if last := _last_value(decoded, name):
            values.append(last)
    return LastValues(started_at, tuple(values))


def _last_value(decoded: DecodedRecording, name: str) -> CurrentValue | None:
    """Last known value of a parameter; None when it has none, or its mapping cannot be applied."""
    if name not in decoded.series:
        return None
    at_s, samples = known_samples(decoded, name)
    if not len(at_s):
        return None
    second, value = float(at_s[-1]), float(samples[-1])
    declared, started_at = decoded.series[name].parameter, decoded.started_at
    return CurrentValue(
        parameter=name,
        unit=declared.unit,
        value=value,
        text=declared.states.get(int(value), ""),
        at_s=second,
        at=started_at + timedelta(seconds=second) if started_at else None,
    )
