"""Levels that algorithms compare a parameter with, for the lines in a plot of it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.criteria import limit
from dataflow_health.flight.algorithms.expression import (
    BooleanExpression,
    Call,
    Comparison,
    Constant,
    Expression,
    ParameterName,
    first_comparison,
)
from dataflow_health.flight.algorithms.kinds.exceedance import Exceedance
from dataflow_health.flight.algorithms.kinds.peak import Peak
from dataflow_health.flight.algorithms.kinds.time_in_band import TimeInBand


@dataclass(frozen=True, slots=True)
class Limit:
    """A level of a parameter beyond which an algorithm may find an event.

    Attributes:
        parameter: Name of the parameter.
        value: The level, in its unit.
        algorithm: Name of the algorithm.
        severity: Severity of its findings.
        describes: The whole limit in one line, with its duration, phases and other conditions.
    """

    parameter: str
    value: float
    algorithm: str
    severity: str
    describes: str


def limits(algorithms: Mapping[str, Algorithm]) -> tuple[Limit, ...]:
    """Every level that an algorithm gives its main quantity, by parameter and value.

    A rate of change, a disagreement and a function of an operator have no level. Other conditions,
    such as an engine that runs, say when a limit applies and are none themselves.

    Args:
        algorithms: Algorithms by name.
    """
    found = {
        Limit(parameter, value, name, each.severity, limit(each))
        for name, each in algorithms.items()
        for parameter, value in _levels(each)
    }
    return tuple(sorted(found, key=lambda each: (each.parameter, each.value, each.algorithm)))


def _levels(algorithm: Algorithm) -> Iterator[tuple[str, float]]:
    match algorithm:
        case Exceedance():
            main = _sides(first_comparison(algorithm.when.tree))[0]
            for comparison in _comparisons(algorithm.when.tree):
                of, level = _sides(comparison)
                if of == main and isinstance(level, Constant):
                    yield from _levels_of(of, level.value)
        case TimeInBand():
            for level_value in algorithm.band:
                yield from _levels_of(algorithm.of.tree, level_value)
        case Peak() if algorithm.beyond is not None:
            yield from _levels_of(algorithm.of.tree, algorithm.beyond)


def _sides(comparison: Comparison) -> tuple[Expression, Expression]:
    """What is compared, and with what: a number is the second."""
    if isinstance(comparison.left, Constant):
        return comparison.right, comparison.left
    return comparison.left, comparison.right


def _comparisons(condition: BooleanExpression) -> Iterator[Comparison]:
    if isinstance(condition, Comparison):
        yield condition
    else:
        for part in condition.parts:
            yield from _comparisons(part)


def _levels_of(of: Expression, value: float) -> Iterator[tuple[str, float]]:
    """Parameters whose own value is limited: of a magnitude on both sides of zero."""
    match of:
        case ParameterName(name):
            yield name, value
        case Call("abs", (ParameterName(name),)):
            yield from ((name, value), (name, -value))
        case Call("greatest" | "least" | "coalesce", parts):
            for part in parts:
                yield from _levels_of(part, value)
