"""Values beyond the limit of an algorithm, for a plot that shows them as bands.

Only what is exact is returned: a comparison of one parameter, or of its magnitude, with a number.
Where an algorithm asks for more, such as a duration or a second parameter, a value in the band is
needed for a finding and not enough for one.
"""

from collections.abc import Iterator
from typing import NamedTuple

from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.expression import (
    BooleanExpression,
    BooleanOperation,
    Call,
    Comparison,
    Constant,
    Expression,
    ParameterName,
)
from dataflow_health.flight.algorithms.kinds.exceedance import Exceedance
from dataflow_health.flight.algorithms.kinds.time_in_band import TimeInBand

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Band(NamedTuple):
    """Values of a parameter; None for no bound on that side."""

    parameter: str
    low: float | None
    high: float | None


def limit_bands(algorithm: Algorithm) -> tuple[Band, ...]:
    """Values beyond the limit of an algorithm; none where no number limits a single parameter."""
    match algorithm:
        case Exceedance(when=when):
            return tuple(_of_condition(when.tree))
        case TimeInBand(of=of, band=(low, high), counting=counting):
            if not isinstance(of.tree, ParameterName):
                return ()
            name = of.tree.name
            inside = (Band(name, low, high),)
            return (
                inside if counting == "inside" else (Band(name, None, low), Band(name, high, None))
            )
    return ()


def _of_condition(condition: BooleanExpression) -> Iterator[Band]:
    match condition:
        case Comparison(operator, left, Constant(value)):
            yield from _of_comparison(operator, left, value)
        case Comparison(operator, Constant(value), right):
            yield from _of_comparison(_MIRRORED.get(operator, operator), right, value)
        case BooleanOperation("or", parts):
            for part in parts:
                yield from _of_condition(part)
        case BooleanOperation("and", parts):
            yield from _common([list(_of_condition(part)) for part in parts])


def _of_comparison(operator: str, left: Expression, value: float) -> Iterator[Band]:
    is_above, is_below = operator in {">", ">="}, operator in {"<", "<="}
    match left:
        case ParameterName(name) if is_above:
            yield Band(name, value, None)
        case ParameterName(name) if is_below:
            yield Band(name, None, value)
        case Call("abs", (ParameterName(name),)) if is_above:
            yield Band(name, value, None)
            yield Band(name, None, -value)
        case Call("abs", (ParameterName(name),)) if is_below:
            yield Band(name, -value, value)


def _common(parts: list[list[Band]]) -> Iterator[Band]:
    """Bands of parts that must hold together: those of one parameter by single bands are cut."""
    single = [part[0] for part in parts if len(part) == 1]
    cut: dict[str, Band] = {}
    for band in single:
        other = cut.get(band.parameter, Band(band.parameter, None, None))
        lows = [each for each in (other.low, band.low) if each is not None]
        highs = [each for each in (other.high, band.high) if each is not None]
        cut[band.parameter] = Band(
            band.parameter, max(lows, default=None), min(highs, default=None)
        )
    yield from cut.values()
    for part in parts:
        if len(part) > 1:
            yield from part
