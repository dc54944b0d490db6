"""Algorithms as YAML declares them, and what they answer for a recording.

The meaning of each is here and in ``kinds/``, as a pure function of one recording; engines such as
Spark only carry recordings to it (``docs/decisions/0002-one-meaning-of-an-algorithm.md``).
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from dataflow_health.flight.algorithms.example import Example, ExpectedNotApplicable, to_flight
from dataflow_health.flight.algorithms.finding import AlgorithmResult, Finding
from dataflow_health.flight.algorithms.flight_phase import (
    Phase,
    PhaseCodes,
    classify_phases,
    phase_codes,
)
from dataflow_health.flight.algorithms.kinds.disagreement import Disagreement
from dataflow_health.flight.algorithms.kinds.exceedance import Exceedance
from dataflow_health.flight.algorithms.kinds.peak import Peak
from dataflow_health.flight.algorithms.kinds.python import PythonAlgorithm
from dataflow_health.flight.algorithms.kinds.rate_of_change import RateOfChange
from dataflow_health.flight.algorithms.kinds.stuck import Stuck
from dataflow_health.flight.algorithms.kinds.time_in_band import TimeInBand
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.recording import Flight

Algorithm = Annotated[
    Exceedance | Peak | RateOfChange | TimeInBand | Disagreement | Stuck | PythonAlgorithm,
    Field(discriminator="kind"),
]

NO_PHASES_REASON = "the flight's phases are unknown: no weight_on_wheels and no radio_altitude_ft"


def run_algorithm(
    name: str, algorithm: Algorithm, flight: Flight, phases: PhaseCodes
) -> AlgorithmResult:
    """What one algorithm says about one recording.

    Args:
        name: Of the algorithm.
        algorithm: Its declaration.
        flight: The recording.
        phases: uint8 (n,), from :func:`~.flight_phase.classify_phases`.
    """
    return _run_on_grid(name, algorithm, SampleGrid(flight, phases))


def run_algorithms(
    algorithms: Mapping[str, Algorithm], flight: Flight
) -> tuple[AlgorithmResult, ...]:
    """What every algorithm says about one recording, in their order; phases are decided once."""
    grid = SampleGrid(flight, classify_phases(flight))
    return tuple(_run_on_grid(name, algorithm, grid) for name, algorithm in algorithms.items())


def run_examples(name: str, algorithm: Algorithm) -> list[str]:
    """One problem for each worked example that does not come out as it says."""
    return [
        f"example {number}{f' ({example.describes})' if example.describes else ''}: {problem}"
        for number, example in enumerate(algorithm.examples, start=1)
        for problem in _example_problems(name, algorithm, example)
    ]


def _run_on_grid(name: str, algorithm: Algorithm, grid: SampleGrid) -> AlgorithmResult:
    if reason := _not_applicable_reason(algorithm, grid):
        return AlgorithmResult(name, algorithm.version, "not_applicable", reason)
    try:
        findings = tuple(sorted(algorithm.find(grid), key=_sort_key))
    except Exception as error:
        if not isinstance(algorithm, PythonAlgorithm):
            raise
        # An operator's own function: its fault is told, and costs no other algorithm its answer.
        reason = f"{algorithm.entry} raised {type(error).__name__}: {error}"
        return AlgorithmResult(name, algorithm.version, "failed", reason)
    lacking = ", ".join(_missing_parameters(algorithm.names, grid.flight))
    reason = f"not looked at, absent from this recording: {lacking}" if lacking else ""
    return AlgorithmResult(
        name, algorithm.version, "found" if findings else "clear", reason, findings
    )


def _sort_key(finding: Finding) -> tuple[float, float, str]:
    return finding.start_s, finding.end_s, finding.detail


def _not_applicable_reason(algorithm: Algorithm, grid: SampleGrid) -> str:
    """Why an algorithm does not apply to a recording, empty when it does."""
    if lacking := _missing_parameters(algorithm.needs, grid.flight):
        return f"this recording has no sample of {', '.join(lacking)}"
    if algorithm.names and len(_missing_parameters(algorithm.names, grid.flight)) == len(
        algorithm.names
    ):
        return f"this recording has no sample of {', '.join(sorted(algorithm.names))}"
    if algorithm.during and (grid.phases == Phase.UNKNOWN).all():
        return NO_PHASES_REASON
    return ""


def _missing_parameters(names: frozenset[str], flight: Flight) -> list[str]:
    """Parameters that are absent, or never have a value."""
    absent = np.full((0, 1), np.nan)
    return sorted(name for name in names if np.isnan(flight.values.get(name, absent)).all())


def _example_problems(name: str, algorithm: Algorithm, example: Example) -> list[str]:
    flight = to_flight(example)
    outcome = run_algorithm(name, algorithm, flight, _example_phases(algorithm, example, flight))
    if isinstance(example.expect, ExpectedNotApplicable):
        wrong = outcome.outcome != "not_applicable"
        return [f"expected not_applicable, got {outcome.outcome}"] if wrong else []
    if outcome.outcome in {"not_applicable", "failed"}:
        return [f"{outcome.outcome}: {outcome.reason}"]
    expected = [(item.start_s, item.end_s, item.peak) for item in example.expect]
    found = [(item.start_s, item.end_s, item.peak) for item in outcome.findings]
    same = len(found) == len(expected) and all(map(_matches, expected, found))
    return [] if same else [f"expected {_format_spans(expected)}, found {_format_spans(found)}"]


def _example_phases(algorithm: Algorithm, example: Example, flight: Flight) -> PhaseCodes:
    word: str = example.phase or next(iter(algorithm.during), "recorded")
    if word == "recorded":
        return classify_phases(flight)
    return np.full(len(flight.second), phase_codes([word])[0], dtype=np.uint8)


_Span = tuple[float, float, float | None]


def _matches(expected: _Span, found: _Span) -> bool:
    """Whether a finding is the expected one; a peak that is not given does not matter."""
    pairs = zip(expected, found, strict=True)
    return all(want is None or (got is not None and abs(got - want) < 1e-6) for want, got in pairs)


def _format_spans(spans: list[_Span]) -> str:
    texts = (
        f"{start_s:g} to {end_s:g} s" + ("" if peak is None else f" (peak {peak:g})")
        for start_s, end_s, peak in spans
    )
    return ", ".join(texts) or "nothing"
