"""Converts engineering values to counts and back, and counts to bit fields.

Tests compare this module with the decoder in ``flight``, so the two share no code.
"""

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.layout import Conversion, Linear, Parameter, Polynomial, Table

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NIBBLE = 4
"""Default number of bits of a binary coded decimal digit (ARINC 429 part 1, 2.1.1)."""


def digit_widths(parameter: Parameter) -> tuple[int, ...]:
    """Bits of each decimal digit of a ``bcd`` parameter, most significant first."""
    return parameter.digits or (NIBBLE,) * (parameter.width // NIBBLE)


def count_limits(parameter: Parameter) -> tuple[int, int]:
    """Lowest and highest count that a parameter's field can hold.

    Args:
        parameter: Any coding except ``characters``.

    Returns:
        Both limits, inclusive.
    """
    width = parameter.width
    if parameter.coding == "bnr":
        return -(1 << (width - 1)), (1 << (width - 1)) - 1
    if parameter.coding == "sign_magnitude":
        return 1 - (1 << (width - 1)), (1 << (width - 1)) - 1
    if parameter.coding == "bcd":
        highest = [min((1 << bits) - 1, 9) for bits in digit_widths(parameter)]
        return 0, int("".join(map(str, highest)))
    return 0, (1 << width) - 1


def to_values(parameter: Parameter, counts: npt.ArrayLike) -> Floats:
    """Converts counts, whole or fractional, to engineering values.

    Args:
        parameter: Parameter with the conversion.
        counts: Any shape.

    Returns:
        float64 of the same shape.
    """
    count = np.asarray(counts, dtype=np.float64)
    conversion: Conversion = parameter.conversion
    if isinstance(conversion, Linear):
        return count * conversion.scale + conversion.offset
    if isinstance(conversion, Polynomial):
        values: Floats = np.polynomial.polynomial.polyval(count, np.array(conversion.coefficients))
        return values
    return np.interp(count, *_columns(conversion))


def to_exact_counts(parameter: Parameter, values: npt.ArrayLike) -> Floats:
    """Converts engineering values to counts without rounding.

    Args:
        parameter: Parameter with a strictly monotonic conversion.
        values: Any shape, in the parameter's unit.

    Returns:
        float64 of the same shape.
    """
    value = np.asarray(values, dtype=np.float64)
    conversion: Conversion = parameter.conversion
    if isinstance(conversion, Linear):
        return (value - conversion.offset) / conversion.scale
    if isinstance(conversion, Table):
        counts, levels = _columns(conversion)
    else:
        low, high = count_limits(parameter)
        counts = np.linspace(low, high, min(high - low + 1, 4096))
        levels = to_values(parameter, counts)
    order = 1 if levels[-1] >= levels[0] else -1
    return np.interp(value, levels[::order], counts[::order])


def to_counts(parameter: Parameter, values: npt.ArrayLike) -> Integers:
    """Converts engineering values to the nearest counts, clipped to the limits of the field.

    Args:
        parameter: Any coding except ``characters``.
        values: Any shape, in the parameter's unit.

    Returns:
        int64 of the same shape.
    """
    return np.clip(
        np.rint(to_exact_counts(parameter, values)).astype(np.int64), *count_limits(parameter)
    )


def to_fields(parameter: Parameter, counts: Integers) -> Integers:
    """Encodes counts as the bits of one sample, all parts together.

    Args:
        parameter: Parameter with the coding. Counts of ``characters`` are bits already.
        counts: int64, within :func:`count_limits`.

    Returns:
        int64 of the same shape; ``parameter.width`` bits are used.
    """
    if parameter.coding == "bnr":
        return counts & ((1 << parameter.width) - 1)
    if parameter.coding == "sign_magnitude":
        sign: Integers = (counts < 0).astype(np.int64) << (parameter.width - 1)
        return np.abs(counts) | sign
    if parameter.coding == "bcd":
        return _decimal_fields(digit_widths(parameter), counts)
    return counts


def text_fields(parameter: Parameter, text: str) -> Integers:
    """Encodes text as the bits of one row of samples, padded with spaces.

    Args:
        parameter: Coding ``characters``; a character has 8 bits when the width allows, else 7.
        text: ISO-8859-1; excess characters are cut off.

    Returns:
        int64, one entry for each sample.
    """
    bits = 8 if parameter.width % 8 == 0 else 7
    per_sample = parameter.width // bits
    padded = text.encode("latin-1", "replace").ljust(per_sample * len(parameter.samples))
    return np.array(
        [
            sum(
                code << (bits * (per_sample - 1 - index))
                for index, code in enumerate(padded[k * per_sample : (k + 1) * per_sample])
            )
            for k in range(len(parameter.samples))
        ],
        dtype=np.int64,
    )


def _decimal_fields(widths: tuple[int, ...], counts: Integers) -> Integers:
    field, rest, shift = np.zeros_like(counts), counts, 0
    for bits in reversed(widths):
        field |= (rest % 10) << shift
        rest, shift = rest // 10, shift + bits
    return field


def _columns(table: Table) -> tuple[Floats, Floats]:
    points = np.array(table.points, dtype=np.float64)
    return points[:, 0], points[:, 1]
