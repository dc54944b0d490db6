"""Converts bits to counts, counts to engineering units, and both to text.

Pure numpy on whole series: :func:`field_to_count` and :func:`field_to_text` decode bits,
:func:`to_values` converts counts and :func:`format_counts` writes them as text. The location of a
field in a frame is handled elsewhere.
"""

import math
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.layout import Conversion, Linear, Parameter, Polynomial
from dataflow_health.flight.recording import (
    MISSING,
    Counts,
    DecodedRecording,
    Flight,
    Series,
    Values,
)

Fields = npt.NDArray[np.int32] | npt.NDArray[np.int64]
"""Bits of a field as an unsigned number: int32 up to 31 bits, int64 for more."""

_BCD_DIGIT_BITS = 4
_CONTROL_CHARACTERS = {code: "\ufffd" for code in (*range(1, 32), *range(127, 160))} | {0: None}
"""NUL is an unused place and dropped; other control characters of ISO 8859-1 are damage."""


def field_to_count(field: Fields, parameter: Parameter) -> Counts:
    """Decodes the bits of a field by the parameter's coding.

    Args:
        field: Any shape; the joined parts of a sample, the most significant first.
        parameter: Gives coding, width and digits; not ``characters``.

    Returns:
        int32, same shape; :data:`~dataflow_health.flight.recording.MISSING` where a BCD digit is
        above 9 (ARINC 429 part 1, 2.1.3 defines digits 0 to 9 only).
    """
    width = parameter.width
    if parameter.coding == "bnr":
        sign = 1 << (width - 1)
        count = (field ^ sign) - sign
    elif parameter.coding == "sign_magnitude":
        magnitude = field & ((1 << (width - 1)) - 1)
        count = np.where(field >> (width - 1) != 0, -magnitude, magnitude)
    elif parameter.coding == "bcd":
        count = _decode_bcd(field, _bcd_digit_widths(parameter))
    else:
        count = field
    return count.astype(np.int32, copy=False)


def field_to_text(
    fields: npt.NDArray[np.integer], widths: tuple[int, ...]
) -> tuple[Counts, tuple[str, ...]]:
    """Decodes characters.

    Args:
        fields: (m, characters), codes of ISO 8859-1.
        widths: Bits of each character; seven-bit codes are its lower half (ISO 646).

    Returns:
        int32 (m,) indices into the distinct strings, and those strings, sorted.
    """
    codes = (fields & [(1 << width) - 1 for width in widths]).astype(np.uint8)
    packed = np.ascontiguousarray(codes).view(f"V{codes.shape[1]}").reshape(-1)
    distinct, inverse = np.unique(packed, return_inverse=True)
    strings = [item.tobytes().decode("latin-1").translate(_CONTROL_CHARACTERS) for item in distinct]
    names = sorted({string.rstrip() for string in strings})
    place = {name: index for index, name in enumerate(names)}
    lookup = np.array([place[string.rstrip()] for string in strings], np.int32)
    return lookup[inverse.reshape(-1)] if len(lookup) else np.empty(0, np.int32), tuple(names)


def character_widths(parameter: Parameter) -> tuple[int, ...]:
    """Bits of each character of a sample: as declared, else as the parts are cut, else eight."""
    parts = tuple(part.width for part in parameter.samples[0]) if parameter.samples else (0,)
    if parameter.digits or all(width in {7, 8} for width in parts):
        return parameter.digits or parts
    size = 7 if parameter.width % 8 and parameter.width % 7 == 0 else 8
    return (size,) * (parameter.width // size)


def to_values(series: Series) -> Values:
    """Values of a series in engineering units.

    Returns:
        float64, shape of ``series.counts``; NaN where the sample is missing or is text. A scale of
        one n-th becomes a division by n: 3 counts of 0.1 are 0.3, not 0.30000000000000004.
    """
    if series.parameter.is_text:
        return np.full(series.counts.shape, np.nan)
    values = apply_conversion(series.counts.astype(np.float64), series.parameter.conversion)
    values[series.counts == MISSING] = np.nan
    return values


def decoded_flight(decoded: DecodedRecording, names: Collection[str] | None = None) -> Flight:
    """A decoded recording as algorithms read it, without its text.

    Args:
        decoded: The recording.
        names: Parameters to keep to; None for all.
    """
    values = {}
    for name in decoded.series if names is None else decoded.series.keys() & set(names):
        series = decoded.series[name]
        if not series.parameter.is_text:
            values[name] = np.full((len(decoded.second), series.counts.shape[1]), np.nan)
            values[name][series.rows] = to_values(series)
    return Flight(decoded.second, values)


def format_counts(series: Series) -> tuple[Counts, list[str]]:
    """The distinct counts of a series and the text of each.

    Returns:
        int32 (u,), ascending, and u strings: the shortest decimal that reads back as exactly the
        float64 of :func:`to_values`; the string itself for text; empty where missing.
    """
    counts = np.unique(series.counts).astype(np.int32)
    if series.parameter.is_text:
        return counts, ["" if c == MISSING else series.text[c] for c in counts]
    row = Series(series.parameter, np.zeros(1, np.int32), counts[None, :], series.offsets_s)
    return counts, [_format_shortest(value) for value in to_values(row)[0].tolist()]


def _decode_bcd(field: Fields, digits: tuple[int, ...]) -> Fields:
    count = np.zeros_like(field)
    wrong = np.zeros(field.shape, bool)
    shift = sum(digits)
    for width in digits:
        shift -= width
        digit = (field >> shift) & ((1 << width) - 1)
        wrong |= digit > 9
        count = count * 10 + digit
    return np.where(wrong, MISSING, count)


def _bcd_digit_widths(parameter: Parameter) -> tuple[int, ...]:
    if parameter.digits:
        return parameter.digits
    whole, rest = divmod(parameter.width, _BCD_DIGIT_BITS)
    return ((rest,) if rest else ()) + (_BCD_DIGIT_BITS,) * whole


def apply_conversion(counts: Values, conversion: Conversion) -> Values:
    """Counts, any shape, in engineering units."""
    if isinstance(conversion, Linear):
        return _multiply_exactly(counts, conversion.scale) + conversion.offset
    if isinstance(conversion, Polynomial):
        return _evaluate_polynomial(counts, conversion.coefficients)
    given, values = zip(*conversion.points, strict=True)
    return np.asarray(np.interp(counts, given, values), np.float64) + 0.0


def _evaluate_polynomial(counts: Values, coefficients: tuple[float, ...]) -> Values:
    values = np.zeros_like(counts)
    for coefficient in reversed(coefficients):
        values = values * counts + coefficient
    return values


def _multiply_exactly(counts: Values, scale: float) -> Values:
    parts = round(1 / scale) if 1e-15 < abs(scale) < 1 else 0
    return counts / parts if parts and 1 / parts == scale else counts * scale


def _format_shortest(value: float) -> str:
    return "" if math.isnan(value) else repr(value).removesuffix(".0")
