"""Plots a parameter in the terminal with braille characters, two by four dots each.

Each column shows the range from the lowest to the highest value in its time span.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dataflow_health.errors import NotFound
from dataflow_health.schemas import ParameterSeries

MARGIN = 12
"""Columns left of the plot, for the scale."""

_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""Bits of the dots of one character, four rows by two columns (Unicode 16, Braille Patterns)."""

_BLANK = 0x2800

ColumnValues = npt.NDArray[np.float64]


def plot_lines(series: ParameterSeries, columns: int, height: int) -> Iterator[str]:
    """Lines of a plot: a heading, ``height`` lines with the scale, then the time axis.

    Args:
        series: Samples of the parameter, as many as two a column show.
        columns: Width of the plot in characters.
        height: Height of the plot in characters.

    Raises:
        NotFound: The parameter has no value in this recording.
    """
    low, high = column_extremes(series, 2 * columns)
    if np.isnan(low).all():
        raise NotFound(f"{series.parameter} has no value in this recording")
    bottom, top = float(np.nanmin(low)), float(np.nanmax(high))
    yield f"{series.parameter} {series.unit} ({bottom:g} to {top:g})".replace("  ", " ")
    for row, line in enumerate(_braille(low, high, bottom, top, height)):
        scale = {0: f"{top:g}", height - 1: f"{bottom:g}"}.get(row, "")
        yield f"{scale:>{MARGIN - 2}} |{line}"
    first, last = int(series.first_s), int(series.last_s) - 1
    yield f"{'':>{MARGIN}}{first} s{f'{last} s':>{max(columns - len(f'{first} s'), 1)}}"


def column_extremes(series: ParameterSeries, bins: int) -> tuple[ColumnValues, ColumnValues]:
    """Lowest and highest value in each of ``bins`` equal time spans; NaN without a value."""
    values = np.array([np.nan if each is None else each for each in series.values], float)
    known = ~np.isnan(values)
    at_s = np.array(series.at_s, float)[known]
    share = (at_s - series.first_s) / (series.last_s - series.first_s)
    column = (share * bins).astype(int).clip(0, bins - 1)
    low, high = np.full(bins, np.inf), np.full(bins, -np.inf)
    np.minimum.at(low, column, values[known])
    np.maximum.at(high, column, values[known])
    low[np.isinf(low)], high[np.isinf(high)] = np.nan, np.nan
    return low, high


def _braille(
    low: ColumnValues, high: ColumnValues, bottom: float, top: float, height: int
) -> Iterator[str]:
    """Lines of braille characters, top line first."""
    dots = height * 4
    span = (top - bottom) or 1.0
    top = max(top, bottom + span)  # a constant value lies at the bottom
    present = ~np.isnan(low)
    from_dot = np.where(present, (top - high) / span * (dots - 1), dots).round()
    to_dot = np.where(present, (top - low) / span * (dots - 1), -1).round()
    dot = np.arange(dots)[:, None]
    is_lit = (dot >= from_dot[None, :]) & (dot <= to_dot[None, :])
    characters = is_lit.reshape(height, 4, -1, 2).transpose(0, 2, 1, 3)
    codes = _BLANK + (characters * _DOTS).sum(axis=(2, 3))
    for row in codes:
        yield "".join(map(chr, row.tolist()))
