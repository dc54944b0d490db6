"""One column of a delimited log as a series of counts."""

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from dataflow_health.flight.layout import Conversion, Linear, Parameter, Part, Table
from dataflow_health.flight.recording import Series

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_MAX_COUNT = 2**31 - 1
_MAX_WORD = 8192
"""The model numbers words, here columns, up to this."""


def parameter_name(
    header: str, unit: str, columns: Mapping[str, str], taken: Collection[str]
) -> str:
    """Our name of a column: the declared one, else its own in lower case with the unit behind."""
    own = re.sub(r"[^a-z0-9]+", "_", f"{header} {unit}".lower()).strip("_")
    name = columns.get(header) or (f"column_{own}" if own[:1].isdigit() else own)
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return next(each for each in (name, *numbered) if each not in taken)


def column_series(cells: Sequence[str], *, describes: str, unit: str, column: int) -> Series:
    """The cells that are not empty, as numbers if all of them are, as text otherwise.

    Args:
        cells: One a row.
        describes: Header of the column.
        unit: Its unit.
        column: Its one-based number, which stands for a word of a frame.
    """
    rows = np.array([row for row, cell in enumerate(cells) if cell], np.int32)
    given = [cell for cell in cells if cell]
    distinct = sorted(set(given))
    is_number = all(_NUMBER.fullmatch(cell) for cell in distinct)
    if is_number:
        count_of, conversion = _to_counts(distinct)
    else:
        count_of, conversion = {cell: count for count, cell in enumerate(distinct)}, Linear()
    counts = np.array([count_of[cell] for cell in given], np.int32)
    parameter = Parameter(
        describes=describes,
        unit=unit if is_number else "",
        coding="bnr" if is_number else "characters",
        samples=((Part(word=min(column, _MAX_WORD)),),),
        conversion=conversion,
    )
    return Series(parameter, rows, counts[:, None], (0.0,), () if is_number else tuple(distinct))


def _to_counts(cells: Sequence[str]) -> tuple[dict[str, int], Conversion]:
    """Whole counts of the finest decimal that occurs; of a table where that is too fine."""
    decimals = max((len(cell.partition(".")[2]) for cell in cells), default=0)
    whole = {cell: _shift_decimal_point(cell, decimals) for cell in cells}
    if all(abs(count) <= _MAX_COUNT for count in whole.values()):
        return whole, Linear(scale=1 / 10**decimals)
    values = sorted({float(cell) for cell in cells})
    place = {value: count for count, value in enumerate(values)}
    points = tuple((float(count), value) for value, count in place.items())
    if len(points) == 1:
        points = (*points, (1.0, values[0]))
    return {cell: place[float(cell)] for cell in cells}, Table(kind="table", points=points)


def _shift_decimal_point(cell: str, decimals: int) -> int:
    before, _, behind = cell.partition(".")
    return int(before + behind.ljust(decimals, "0") or "0")
