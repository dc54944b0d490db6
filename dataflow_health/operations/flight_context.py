"""What stands behind a plot of a recording: phases of flight, take-off, and algorithms' limits."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from sqlalchemy import Engine

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.flight.algorithms.flight_phase import (
    PHASE_PARAMETERS,
    Phase,
    PhaseCodes,
    classify_phases,
    phase_codes,
)
from dataflow_health.flight.algorithms.intervals import find_intervals
from dataflow_health.flight.algorithms.limits import limits
from dataflow_health.flight.algorithms.sample_hold import segment_numbers
from dataflow_health.flight.parameter import decoded_flight
from dataflow_health.flight.recording import Flight
from dataflow_health.operations import parameter_file
from dataflow_health.operations.parameter_file import FileReading
from dataflow_health.schemas import AlgorithmLimit, FlightPhase, FlightPhases
from dataflow_health.storage.files.lake import Lake

MAX_KEPT = 512
"""Recordings whose phases are kept."""


def phases(engine: Engine, lake: Lake, catalogue: Catalogue, id_prefix: str) -> FlightPhases:
    """Phases of flight of a recording, as algorithms see them, and its first take-off.

    Raises:
        NotFound: No such recording, or it has no parameters yet.
        NotAllowed: The file is missing or damaged.
        StorageError: The lake cannot be read.
        DatabaseError: The database does not answer.
    """
    file = parameter_file.find(engine, lake, id_prefix)
    return _phases(FileReading(file, catalogue))


def algorithm_limits(
    engine: Engine, lake: Lake, catalogue: Catalogue, id_prefix: str
) -> tuple[AlgorithmLimit, ...]:
    """Levels that algorithms give the parameters of a recording.

    Raises the errors of :func:`phases`.
    """
    file = parameter_file.find(engine, lake, id_prefix)
    units = {each.name: each.unit for each in parameter_file.parameters(file, catalogue)}
    return tuple(
        AlgorithmLimit(
            parameter=each.parameter,
            value=each.value,
            unit=units[each.parameter],
            algorithm=each.algorithm,
            severity=each.severity,
            describes=each.describes,
        )
        for each in limits(catalogue.algorithms)
        if each.parameter in units
    )


@lru_cache(MAX_KEPT)
def _phases(reading: FileReading) -> FlightPhases:
    decoded = parameter_file.read(reading.file, PHASE_PARAMETERS, reading.catalogue)
    flight = decoded_flight(decoded, PHASE_PARAMETERS)
    codes = classify_phases(flight)
    return FlightPhases(
        started_at=decoded.started_at,
        first_s=float(flight.second[0]),
        last_s=float(flight.second[-1]) + 1,
        takeoff_s=_takeoff_s(flight, codes),
        phases=tuple(_intervals(flight, codes)),
    )


def _takeoff_s(flight: Flight, codes: PhaseCodes) -> float | None:
    """First second in the air after one on the ground; None when the recording holds none."""
    is_air = np.isin(codes, phase_codes(["airborne"]))
    rows = np.flatnonzero(is_air)
    if not rows.size or not (codes[: rows[0]] != Phase.UNKNOWN).any():
        return None
    return float(flight.second[rows[0]])


def _intervals(flight: Flight, codes: PhaseCodes) -> Iterator[FlightPhase]:
    """Phases in order of time; a gap ends a phase."""
    segment = segment_numbers(flight.second)
    starts = np.diff(segment, prepend=-1) != 0
    starts |= np.diff(codes.astype(np.int16), prepend=-1) != 0
    first, last = find_intervals(np.ones(len(codes), np.bool_), starts)
    for begin, end in zip(first.tolist(), last.tolist(), strict=True):
        yield FlightPhase(
            phase=Phase(codes[begin]).name.lower(),
            start_s=float(flight.second[begin]),
            end_s=float(flight.second[end]) + 1,
        )
