"""Runs algorithms on one recording.

The meaning of each algorithm is defined here and in ``kinds/``, as a pure function of one
recording; engines such as Spark only distribute recordings
(``docs/decisions/0002-one-meaning-of-an-algorithm.md``).
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from pydantic import Field

from dataflow_health.flight.algorithms.coverage import NO_PHASES_REASON, NO_SAMPLE_OF
from dataflow_health.flight.algorithms.division_by_zero import divided_by_zero
from dataflow_health.flight.algorithms.example import Example, ExpectedNotApplicable, to_flight
from dataflow_health.flight.algorithms.finding import AlgorithmResult, Finding
from dataflow_health.flight.algorithms.flight_phase import (
    PHASE_PARAMETERS,
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

LiveAlgorithm = Annotated[
    Exceedance | RateOfChange | TimeInBand | Disagreement | Stuck, Field(discriminator="kind")
]
"""Kinds that also run on live signals: not the peak of a flight, nor an operator's own code."""

_PEAK_TOLERANCE = 1e-6
"""Accepted difference between numbers of a worked example and of a finding."""


def run_algorithm(
    name: str, algorithm: Algorithm, flight: Flight, phases: PhaseCodes
) -> AlgorithmResult:
    """Result of one algorithm on one recording.

    Args:
        name: Name of the algorithm.
        algorithm: Declaration of the algorithm.
        flight: The recording.
        phases: uint8 (n,), phase of each row.
    """
    return _run_on_grid(name, algorithm, SampleGrid(flight, phases))


def run_algorithms(
    algorithms: Mapping[str, Algorithm], flight: Flight
) -> tuple[AlgorithmResult, ...]:
    """Results of all algorithms on one recording, in their order.

    Phases are classified once, and only when one of the algorithms needs them.
    """
    grid = SampleGrid(flight)
    return tuple(_run_on_grid(name, algorithm, grid) for name, algorithm in algorithms.items())


def read_parameters(algorithm: Algorithm) -> frozenset[str]:
    """Parameters that an algorithm reads, those for phases of flight too when it needs phases."""
    return algorithm.parameter_names.union(PHASE_PARAMETERS if needs_phases(algorithm) else ())


def needs_phases(algorithm: Algorithm) -> bool:
    """Whether an algorithm gets the phases of flight, as an operator's own code always does."""
    return bool(algorithm.during) or isinstance(algorithm, PythonAlgorithm)


def run_examples(name: str, algorithm: Algorithm) -> list[str]:
    """Problems of an algorithm's worked examples: one text per example that fails."""
    return [
        f"example {number}{f' ({example.describes})' if example.describes else ''}: {problem}"
        for number, example in enumerate(algorithm.examples, start=1)
        for problem in _example_problems(name, algorithm, example)
    ]


def algorithms_using(algorithms: Mapping[str, Algorithm], parameter: str) -> tuple[str, ...]:
    """Names of the algorithms that use a parameter, ascending."""
    return tuple(
        sorted(name for name, each in algorithms.items() if parameter in each.parameter_names)
    )


def _run_on_grid(name: str, algorithm: Algorithm, grid: SampleGrid) -> AlgorithmResult:
    if reason := _not_applicable_reason(algorithm, grid):
        return AlgorithmResult(name, algorithm.version, "not_applicable", reason)
    try:
        findings = tuple(sorted(algorithm.find(grid), key=_sort_key))
    except Exception as error:
        if not isinstance(algorithm, PythonAlgorithm):
            raise
        # A failing function of the operator must not stop the other algorithms.
        reason = f"{algorithm.entry} raised {type(error).__name__}: {error}"
        return AlgorithmResult(name, algorithm.version, "failed", reason)
    missing = ", ".join(_missing_parameters(algorithm.parameter_names, grid))
    reason = f"absent from this recording and not examined: {missing}" if missing else ""
    undecided, is_undecided_throughout = divided_by_zero(algorithm, grid)
    if undecided:
        reason = "; ".join(filter(None, [reason, f"division by zero, not examined: {undecided}"]))
    if is_undecided_throughout and not findings:
        return AlgorithmResult(name, algorithm.version, "not_applicable", reason)
    return AlgorithmResult(
        name, algorithm.version, "found" if findings else "clear", reason, findings
    )


def _sort_key(finding: Finding) -> tuple[float, float, str]:
    return finding.start_s, finding.end_s, finding.detail


def _not_applicable_reason(algorithm: Algorithm, grid: SampleGrid) -> str:
    """Reason why an algorithm does not apply to a recording, empty when it does."""
    if missing := _missing_parameters(algorithm.required_parameters, grid):
        return f"{NO_SAMPLE_OF}{', '.join(missing)}"
    names = algorithm.parameter_names
    if names and not any(map(grid.has, names)):
        return f"{NO_SAMPLE_OF}{', '.join(sorted(names))}"
    if algorithm.during and not grid.has_phases:
        return NO_PHASES_REASON
    return ""


def _missing_parameters(names: frozenset[str], grid: SampleGrid) -> list[str]:
    """Parameters that are absent from a recording or have no value in it."""
    return sorted(name for name in names if not grid.has(name))


def _example_problems(name: str, algorithm: Algorithm, example: Example) -> list[str]:
    """The difference between the result of a worked example and the expected one, if any."""
    flight = to_flight(example)
    result = run_algorithm(name, algorithm, flight, _example_phases(algorithm, example, flight))
    if isinstance(example.expect, ExpectedNotApplicable):
        is_wrong = result.outcome != "not_applicable"
        return [f"expected not_applicable, got {result.outcome}"] if is_wrong else []
    if result.outcome in {"not_applicable", "failed"}:
        return [f"{result.outcome}: {result.reason}"]
    expected = [(item.start_s, item.end_s, item.peak) for item in example.expect]
    found = [(item.start_s, item.end_s, item.peak) for item in result.findings]
    is_equal = len(found) == len(expected) and all(map(_matches, expected, found))
    return [] if is_equal else [f"expected {_format_spans(expected)}, found {_format_spans(found)}"]


def _example_phases(algorithm: Algorithm, example: Example, flight: Flight) -> PhaseCodes:
    """The phase that the example gives, else the first that the algorithm examines."""
    word: str = example.phase or next(iter(algorithm.during), "recorded")
    if word == "recorded":
        return classify_phases(flight)
    return np.full(len(flight.second), phase_codes([word])[0], dtype=np.uint8)


_Span = tuple[float, float, float | None]
"""Start, end and peak of a finding."""


def _matches(expected: _Span, found: _Span) -> bool:
    """Whether a finding is the expected one; a peak that is not expected matches any."""
    return all(
        wanted is None or (value is not None and abs(value - wanted) < _PEAK_TOLERANCE)
        for wanted, value in zip(expected, found, strict=True)
    )


def _format_spans(spans: list[_Span]) -> str:
    texts = (
        f"{start_s:g} to {end_s:g} s" + ("" if peak is None else f" (peak {peak:g})")
        for start_s, end_s, peak in spans
    )
    return ", ".join(texts) or "nothing"
