"""Coverage of a layout: the algorithms that can apply to what it records."""

from collections.abc import Collection, Mapping

from dataflow_health.flight.algorithms.air_ground import has_phase_source
from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.coverage import PHASES, Coverage


def layout_coverage(algorithms: Mapping[str, Algorithm], available: Collection[str]) -> Coverage:
    """Coverage by the names of parameters, before anything is recorded.

    Args:
        algorithms: Algorithms by name.
        available: Parameters and mapped quantities.
    """
    lacking = {
        name: _lacking(algorithm, frozenset(available))
        for name, algorithm in sorted(algorithms.items())
    }
    return Coverage(len(algorithms), {name: each for name, each in lacking.items() if each})


def _lacking(algorithm: Algorithm, available: frozenset[str]) -> tuple[str, ...]:
    """Parameters without which an algorithm does not apply; all when it examines any of them."""
    names = algorithm.parameter_names
    required = algorithm.required_parameters if names & available else names
    lacks_phases = bool(algorithm.during) and not has_phase_source(available)
    return (*sorted(required - available), *((PHASES,) if lacks_phases else ()))
