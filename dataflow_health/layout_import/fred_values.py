"""Reads the meaning of a FRED parameter: the ``Range`` blocks of ARINC 647A-1, section X.5.10."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dataflow_health.flight.layout import Coding, Conversion, Linear, Polynomial, Table
from dataflow_health.layout_import.imported_layout import UnsupportedParameterError
from dataflow_health.layout_import.xml_tree import Element

_CODINGS: dict[str, Coding] = {
    "Signed Binary": "bnr",
    "Unsigned Binary": "unsigned",
    "BCD": "bcd",
    "ASCII": "characters",
}
_MAX_STATES = 1024
_MAX_POWER = 16


@dataclass(frozen=True, slots=True)
class FredValues:
    """Meaning of a parameter's bits.

    Attributes:
        coding: How bits become a count.
        digits: Width of each BCD digit.
        conversion: Conversion of a count.
        states: Texts of counts.
        is_float: True for a number in IEEE 754 single or double precision.
    """

    coding: Coding
    digits: tuple[int, ...]
    conversion: Conversion
    states: dict[int, str]
    is_float: bool = False


def read_values(parameter: Element) -> FredValues:
    """Meaning of the bits of a ``Parameter717`` or ``Parameter767``.

    Raises:
        UnsupportedParameterError: With the line of what is not supported.
    """
    ranges = parameter.all("Range")
    if not ranges:
        raise UnsupportedParameterError(f"line {parameter.line}: it has no Range")
    if len({(block.value("Data_Type"), _steps_text(block)) for block in ranges}) > 1:
        problem = "several ranges with different data types or conversions"
        raise UnsupportedParameterError(f"line {ranges[1].line}: {problem}")
    block = ranges[0]
    kind = block.value("Data_Type")
    if kind not in _CODINGS and kind != "Floating Point":
        line = (block.find("Data_Type") or block).line
        raise UnsupportedParameterError(f"line {line}: unknown data type {kind!r}")
    return FredValues(
        coding=_CODINGS.get(kind, "bnr"),
        digits=_digits(block) if kind == "BCD" else (),
        conversion=_conversion(block.all("Conversion_Step")),
        states={count: text for each in ranges for count, text in _states(each).items()},
        is_float=kind == "Floating Point",
    )


def read_range(parameter: Element) -> tuple[float, float] | None:
    """Lowest and highest operational value; None when it is missing or the wrong way round."""
    found = parameter.find("Operational_Range")
    if found is None:
        return None
    low, high = (_number(found.find(f"RealRange_{end}"), found) for end in ("Start", "End"))
    return (low, high) if low < high else None


def number_of(element: Element | None, parent: Element) -> int:
    """Whole number in an element.

    Raises:
        UnsupportedParameterError: The element is missing or no whole number of up to nine digits.
    """
    text = "" if element is None else element.text
    line = (element or parent).line
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise UnsupportedParameterError(f"line {line}: {text[:40]!r} is no whole number")
    return int(text)


def _steps_text(block: Element) -> str:
    """Everything in the conversion steps, to compare them."""
    pending = block.all("Conversion_Step")
    parts: list[str] = []
    while pending:
        element = pending.pop()
        parts += [element.name, element.text, *map(str, sorted(element.attributes.items()))]
        pending += element.children
    return "\n".join(parts)


def _digits(block: Element) -> tuple[int, ...]:
    text = block.value("BCD_Format")
    if not all("1" <= digit <= "4" for digit in text):
        line = (block.find("BCD_Format") or block).line
        raise UnsupportedParameterError(f"line {line}: BCD format {text[:40]!r} is not understood")
    return tuple(int(digit) for digit in text)


def _states(block: Element) -> dict[int, str]:
    pairs = block.find("Text_Conversion")
    states: dict[int, str] = {}
    for pair in pairs.all("Range_Text_Pair") if pairs else []:
        low, high = (
            number_of(Element("", pair.line, text=pair.attributes.get(end, "")), pair)
            for end in ("min", "max")
        )
        if high - low + len(states) >= _MAX_STATES:
            raise UnsupportedParameterError(f"line {pair.line}: more than {_MAX_STATES} texts")
        states |= dict.fromkeys(range(low, high + 1), pair.text)
    return states


def _conversion(steps: Sequence[Element]) -> Conversion:
    """All steps as one conversion, where that is possible.

    A straight line may come before or after any other step.
    """
    conversion: Conversion = Linear()
    for step in steps:
        conversion = _compose(conversion, _step(step), step.line)
    return conversion


def _compose(first: Conversion, second: Conversion, line: int) -> Conversion:
    if first == Linear():
        return second
    if isinstance(second, Linear) and isinstance(first, Linear | Polynomial):
        return _polynomial([c * second.scale for c in _coefficients(first)], second.offset)
    if isinstance(second, Linear) and isinstance(first, Table):
        points = [(x, y * second.scale + second.offset) for x, y in first.points]
        return Table(kind="table", points=tuple(points))
    if isinstance(second, Table) and isinstance(first, Linear) and first.scale:
        points = [((x - first.offset) / first.scale, y) for x, y in second.points]
        return Table(kind="table", points=tuple(sorted(points)))
    raise UnsupportedParameterError(f"line {line}: this sequence of conversion steps")


def _coefficients(conversion: Linear | Polynomial) -> Sequence[float]:
    if isinstance(conversion, Polynomial):
        return conversion.coefficients
    return (conversion.offset, conversion.scale)


def _polynomial(coefficients: Sequence[float], added: float = 0.0) -> Conversion:
    constant, *rest = (*coefficients, 0.0)[: max(len(coefficients), 2)]
    if len(rest) == 1:
        return Linear(scale=rest[0], offset=constant + added)
    return Polynomial(kind="polynomial", coefficients=(constant + added, *rest))


def _step(step: Element) -> Conversion:
    if (terms := step.find("Poly_Coeff")) is not None:
        return _powers(terms)
    for name in ("Integer_Real", "Real_Real"):
        if (table := step.find(f"{name}_Table")) is not None:
            return _table(table, f"{name}_Pair", "index" if name[0] == "I" else "real_index")
    inner = step.children[0] if step.children else step
    described = f"{inner.name} {' '.join(inner.text.split())[:60]!r}"
    raise UnsupportedParameterError(f"line {inner.line}: conversion by {described}")


def _powers(terms: Element) -> Conversion:
    by_power = {
        number_of(Element("", pair.line, text=pair.attributes.get("index", "")), pair): _number(
            pair, terms
        )
        for pair in terms.all("Coeff_Pair")
    }
    highest = max(by_power, default=0)
    if highest > _MAX_POWER:
        raise UnsupportedParameterError(f"line {terms.line}: a polynomial of power {highest}")
    return _polynomial([by_power.get(power, 0.0) for power in range(highest + 1)])


def _table(table: Element, pair_name: str, index: str) -> Conversion:
    points = sorted(
        (
            _number(Element("", pair.line, text=pair.attributes.get(index, "")), pair),
            _number(pair, pair),
        )
        for pair in table.all(pair_name)
    )
    if len({x for x, _ in points}) < max(len(points), 2):
        raise UnsupportedParameterError(f"line {table.line}: a table with less than two points")
    return Table(kind="table", points=tuple(points))


def _number(element: Element | None, parent: Element) -> float:
    text = "" if element is None else element.text
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        line = (element or parent).line
        raise UnsupportedParameterError(f"line {line}: {text[:40]!r} is no number")
    return number
