"""Turns one column of a CSV log into a series of counts."""

import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

import numpy as np

from dataflow_health.flight.csv_log.table import split_unit
from dataflow_health.flight.layout import Conversion, Linear, Parameter, Part, Table
from dataflow_health.flight.recording import Series

_NUMBER = re.compile(r"[+-]?(\d{1,150}\.?\d{0,150}|\.\d{1,150})", re.ASCII)
"""A longer row of digits is damage, and more than a float or Python's int() takes."""
_EXPONENT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,2}", re.ASCII)
_LATIN_LETTER, _DIGIT = re.compile(r"[A-Za-z]"), re.compile(r"[0-9]")
_MAX_COUNT = 2**31 - 1
_MAX_WORD = 8192
"""Highest word number that the layout model allows; here it numbers columns."""


def parameter_name(
    header: str, unit: str, columns: Mapping[str, str], taken: Collection[str], column: int
) -> str:
    """Parameter name of a column: the declared one, else header and unit in lower case.

    Args:
        header: Name of the column.
        unit: Unit of the column.
        columns: Declared parameter names by column name.
        taken: Names already in use; the result gets a number when it would be one of them.
        column: One-based number of the column; names it when the header has no Latin letter.
    """
    own = header if has_latin_name(header) else f"column {column}"
    from_header = re.sub(r"[^a-z0-9]+", "_", f"{own} {unit}".lower()).strip("_")
    if from_header[:1].isdigit():
        from_header = f"column_{from_header}"
    name = columns.get(header) or from_header
    numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
    return next(candidate for candidate in (name, *numbered) if candidate not in taken)


def has_latin_name(header: str) -> bool:
    """True when a header, its unit aside, has letters from a to z, or digits and no others."""
    name, _ = split_unit(header)
    is_foreign = any(letter.isalpha() and not letter.isascii() for letter in name)
    return bool(_LATIN_LETTER.search(name) or (_DIGIT.search(name) and not is_foreign))


def normalise_cells(
    cells: Sequence[str], decimal: str, missing: Collection[str]
) -> tuple[list[str], str]:
    """Cells with a decimal point, without an exponent, and empty where a value is missing.

    Args:
        cells: Cells of the column, one per row.
        decimal: Decimal sign.
        missing: Cells that mean "no value".

    Returns:
        The cells, and the problem of a column of numbers in which words stand; empty without one.
    """
    by_cell = {cell: _normalise_cell(cell, decimal, missing) for cell in set(cells)}
    normalised = [by_cell[cell] for cell in cells]
    filled = [cell for cell in normalised if cell]
    words = [cell for cell in filled if not _NUMBER.fullmatch(cell)]
    if not 0 < len(words) < len(filled) / 2:
        return normalised, ""
    problem = f"{len(words)} of {len(filled)} cells are no numbers, such as {words[0][:40]!r}; "
    return normalised, problem + "the column is read as text unless `missing` has them"


def _normalise_cell(cell: str, decimal: str, missing: Collection[str]) -> str:
    if cell in missing:
        return ""
    dotted = cell.replace(decimal, ".")
    if _EXPONENT.fullmatch(dotted):
        return f"{Decimal(dotted):f}"
    return dotted if _NUMBER.fullmatch(dotted) else cell


def column_series(cells: Sequence[str], *, describes: str, unit: str, column: int) -> Series:
    """The non-empty cells as numbers if all of them are numbers, else as text.

    Args:
        cells: Cells of the column, one per row.
        describes: Header of the column.
        unit: Unit of the column.
        column: One-based number of the column, which takes the place of a word number.
    """
    rows = np.array([row for row, cell in enumerate(cells) if cell], np.int32)
    filled = [cell for cell in cells if cell]
    distinct = sorted(set(filled))
    is_number = all(_NUMBER.fullmatch(cell) for cell in distinct)
    if is_number:
        count_by_cell, conversion = _to_counts(distinct)
    else:
        count_by_cell, conversion = {cell: count for count, cell in enumerate(distinct)}, Linear()
    counts = np.array([count_by_cell[cell] for cell in filled], np.int32)
    parameter = Parameter(
        describes=describes,
        unit=unit if is_number else "",
        coding="bnr" if is_number else "characters",
        samples=((Part(word=min(column, _MAX_WORD)),),),
        conversion=conversion,
    )
    return Series(parameter, rows, counts[:, None], (0.0,), () if is_number else tuple(distinct))


def _to_counts(cells: Sequence[str]) -> tuple[dict[str, int], Conversion]:
    """Counts in units of the finest decimal place; indices of a table where these are too large."""
    decimals = max((len(cell.partition(".")[2]) for cell in cells), default=0)
    counts = {cell: _shift_decimal_point(cell, decimals) for cell in cells}
    if all(abs(count) <= _MAX_COUNT for count in counts.values()):
        return counts, Linear(scale=1 / 10**decimals)
    values = sorted({float(cell) for cell in cells})
    index = {value: count for count, value in enumerate(values)}
    points = tuple((float(count), value) for value, count in index.items())
    if len(points) == 1:
        points = (*points, (1.0, values[0]))
    return {cell: index[float(cell)] for cell in cells}, Table(kind="table", points=points)


def _shift_decimal_point(cell: str, decimals: int) -> int:
    """The number times ten to the power of ``decimals``, exactly."""
    whole, _, fraction = cell.partition(".")
    return int(whole + fraction.ljust(decimals, "0") or "0")
