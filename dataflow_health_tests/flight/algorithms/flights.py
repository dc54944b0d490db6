"""Flights and algorithms for tests, with defaults for everything that a test does not set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from dataflow_health.config import yaml_document
from dataflow_health.flight.algorithms.algorithm import Algorithm, run_algorithm
from dataflow_health.flight.algorithms.expression import Values
from dataflow_health.flight.algorithms.finding import AlgorithmResult, Finding
from dataflow_health.flight.algorithms.flight_phase import Phase, PhaseCodes
from dataflow_health.flight.recording import Flight

Samples = float | Sequence[float] | Sequence[Sequence[float]]


def make_flight(second: Sequence[int] | None = None, **parameters: Samples) -> Flight:
    """A flight from a number, samples at 1 Hz, or rows of samples, by parameter name."""
    arrays = {name: np.array(given, dtype=np.float64) for name, given in parameters.items()}
    rows = len(second) if second is not None else max(a.shape[0] for a in arrays.values() if a.ndim)
    return Flight(
        second=np.array(range(rows) if second is None else second, dtype=np.int32),
        values={
            name: np.full((rows, 1), array) if array.ndim == 0 else _two_dimensional(array)
            for name, array in arrays.items()
        },
    )


def _two_dimensional(array: Values) -> Values:
    return array[:, None] if array.ndim == 1 else array


def make_algorithm(**fields: Any) -> Algorithm:
    """An algorithm from its YAML fields; an exceedance by default."""
    prose = {"describes": "For a test.", "source": "None.", "severity": "warning"}
    given = prose | {"kind": "exceedance"} | fields
    return TypeAdapter(Algorithm).validate_python(given)


def read_algorithm(path: Path) -> Algorithm:
    """An algorithm from its file alone, without the rest of the configuration."""
    return TypeAdapter(Algorithm).validate_python(
        yaml_document.read(path.name, path.read_bytes()).data
    )


def make_phases(flight: Flight, phase: Phase = Phase.CRUISE) -> PhaseCodes:
    """One phase for a whole flight."""
    return np.full(len(flight.second), phase, dtype=np.uint8)


def run(algorithm: Algorithm, flight: Flight, phase: Phase = Phase.CRUISE) -> AlgorithmResult:
    """The result of an algorithm on a flight in a single phase."""
    return run_algorithm("tested", algorithm, flight, make_phases(flight, phase))


def find_all(algorithm: Algorithm, flight: Flight, phase: Phase = Phase.CRUISE) -> list[Finding]:
    """The findings of an algorithm that is applicable."""
    result = run(algorithm, flight, phase)
    assert result.outcome in {"found", "clear"}, result.reason
    return list(result.findings)


def spans(findings: Sequence[Finding]) -> list[tuple[float, float]]:
    """Start and end of each finding."""
    return [(finding.start_s, finding.end_s) for finding in findings]
