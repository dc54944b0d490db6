"""What an AGS parameter's bits mean: the ``.par`` table.

Bits are numbered as in an ARINC 429 word: 29 the sign, 28 the first of the data. Bits that the
ground station knows but the recorder left out are zero when they are the lowest, and copies of the
sign when they stand between sign and data. The operational range is left out: it is what a crew
should see, not what a sensor can say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from dataflow_health.flight.layout import (
    Coding,
    Conversion,
    Linear,
    Parameter,
    Polynomial,
    Table,
)
from dataflow_health.layout_import.bit_fields import (
    BitField,
    clip_bits,
    group_samples,
    missing_bits,
    overlapping_bits,
    to_samples,
    trim_overlaps,
)

Record = tuple[str, ...]

_IGNORED_RECORDS = {"10", "11", "12", "13"}
"""Records of reference, validity, ATA chapter and separator: nothing to decode."""

_UTC_TOP, _MINUTES_TOP, _UTC_BOTTOM = 28, 23, 12
"""Hours in bits 28-24, minutes in 23-18, seconds in 17-12 of ARINC 429 label 150 (part 1,
attachment 6)."""


@dataclass(slots=True)
class ParEntry:
    """One parameter of the ``.par`` table.

    Attributes:
        head: Record 1: name, description, type, ..., units.
        more: The other records by their number.
    """

    head: Record
    more: dict[str, list[Record]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Type, such as ``BNR LINEAR (A*X)``."""
        return self.head[2]

    @property
    def top(self) -> int:
        """Most significant data bit."""
        return int(self.head[7])

    @property
    def bottom(self) -> int:
        """Least significant data bit."""
        return self.top - int(self.head[8]) + 1

    @property
    def sign(self) -> int:
        """Bit of the sign, 0 for none."""
        return int(self.head[6] or 0)


def read_par(records: Iterable[tuple[str, Record]]) -> tuple[dict[str, ParEntry], list[str]]:
    """All parameters by name, and doubts about records that are not understood."""
    meanings: dict[str, ParEntry] = {}
    doubts: list[str] = []
    current: ParEntry | None = None
    for kind, record in records:
        if kind == "1":
            current = meanings[record[0]] = ParEntry(record)
        elif current is None or kind not in {"2", "3", "4", "5", "6", "9", *_IGNORED_RECORDS}:
            doubts.append(f".par record {kind}| is not known: {' '.join(record)}")
        elif kind not in _IGNORED_RECORDS:
            current.more.setdefault(kind, []).append(record)
    return meanings, doubts


def to_parameter(
    meaning: ParEntry, pieces: Sequence[BitField]
) -> tuple[Parameter | None, tuple[str, ...]]:
    """The parameter of our model, or None with the reason; doubts in any case.

    Args:
        meaning: What its bits mean.
        pieces: Where they are, each once.
    """
    doubts: list[str] = []
    try:
        return _build_parameter(meaning, pieces, doubts), tuple(doubts)
    except _UnsupportedParameterError as problem:
        return None, (*doubts, f"{problem}; left out")


class _UnsupportedParameterError(Exception):
    """The parameter means something that this reader does not know."""


def _build_parameter(meaning: ParEntry, pieces: Sequence[BitField], doubts: list[str]) -> Parameter:
    if "9" in meaning.more:
        raise _UnsupportedParameterError("has a calibration formula")
    if meaning.kind == "BCD":
        return _bcd(meaning, pieces, doubts)
    if meaning.kind == "CHARACTER":
        return _characters(meaning, pieces)
    if meaning.kind == "UTC":
        return _utc(meaning, pieces)
    if meaning.kind in {"DISCRETE", "PACKED BITS"}:
        coding: Coding = "discrete" if meaning.kind == "DISCRETE" else "unsigned"
        return _parameter(
            meaning, _require_no_gaps(_join_samples(meaning.top, meaning.bottom, pieces)), coding
        )
    if meaning.kind.startswith("BNR"):
        return _bnr(meaning, pieces, doubts)
    raise _UnsupportedParameterError(f"type {meaning.kind!r} is not known")


def _bnr(meaning: ParEntry, pieces: Sequence[BitField], doubts: list[str]) -> Parameter:
    groups = _join_samples(max(meaning.top, meaning.sign), meaning.bottom, pieces)
    twice = overlapping_bits(group_samples(pieces)[0])
    if twice:
        doubts.append(f"bits {list(twice)} are recorded in two words; the lower part's are read")
    if meaning.sign and meaning.head[9] != "2":
        raise _UnsupportedParameterError(f"complement {meaning.head[9]!r} with a sign is not known")
    is_signed = meaning.sign != 0 and groups[0][0].top == meaning.sign
    if meaning.sign and not is_signed:
        doubts.append("its sign bit is not recorded; read as never negative")
    for pieces_of_sample in groups:
        gaps = missing_bits(pieces_of_sample)
        copies = range(meaning.sign - len(gaps), meaning.sign) if is_signed else range(0)
        if gaps != tuple(copies):
            raise _UnsupportedParameterError(f"bits {list(gaps)} in the middle are not recorded")
    counts_of = 2 ** (groups[0][-1].bottom - meaning.bottom)
    size = sum(piece.top - piece.bottom + 1 for piece in groups[0])
    conversion = _conversion(meaning, counts_of, 2**size, doubts)
    return _parameter(meaning, groups, "bnr" if is_signed else "unsigned", conversion)


def _conversion(meaning: ParEntry, counts_of: int, counts: int, doubts: list[str]) -> Conversion:
    """Count to value; one count is ``counts_of`` of the units that the table speaks of."""
    offset = float(meaning.head[11] or 0)
    if "2" in meaning.more:
        doubts.append("its segments are taken to start at values of the bits, not of the unit")
        return _segments(meaning.more["2"], counts_of, counts)
    if "3" in meaning.more:
        return Table(
            kind="table",
            points=tuple((float(x) / counts_of, float(y)) for _, x, y in meaning.more["3"]),
        )
    if "4" in meaning.more:
        powers = {int(power): float(factor) for factor, power in meaning.more["4"]}
        factors = [powers.get(p, 0.0) * counts_of**p for p in range(max(powers) + 1)]
        return Polynomial(kind="polynomial", coefficients=tuple(factors))
    name, _, value = meaning.head[12].partition("=")
    if name.strip().lower() != "resol":
        raise _UnsupportedParameterError(f"computation {meaning.head[12]!r} is not known")
    return Linear(scale=float(value) * counts_of, offset=offset)


def _segments(records: Sequence[Record], counts_of: int, counts: int) -> Table:
    """Straight pieces as a table that is exact at every whole count."""
    starts = [-(-float(record[1]) // counts_of) for record in records]
    points: dict[float, float] = {}
    for record, low, behind in zip(records, starts, [*starts[1:], counts], strict=True):
        for count in (low, max(behind - 1, low)):
            points[count] = float(record[2]) * count * counts_of + float(record[3] or 0)
    return Table(kind="table", points=tuple(sorted(points.items())))


def _bcd(meaning: ParEntry, pieces: Sequence[BitField], doubts: list[str]) -> Parameter:
    if meaning.sign:
        raise _UnsupportedParameterError("a BCD number with a sign bit")
    groups = _join_samples(meaning.top, meaning.bottom, pieces)
    digits = [_count_recorded_bits(groups[0], *digit) for digit in _digit_bits(meaning)]
    first = next(index for index, width in enumerate(digits) if width)
    last = next(index for index in range(len(digits) - 1, -1, -1) if digits[index])
    if first:
        doubts.append(f"its first {first} of {len(digits)} digits are not recorded")
    if last + 1 < len(digits):
        doubts.append(f"its last {len(digits) - 1 - last} of {len(digits)} digits are not recorded")
    if digits[last] == 1:
        doubts.append("its last digit is one bit whose weight is not told; read as 1")
    decimals = int(meaning.head[20].partition(".")[2] or 0)
    power = len(digits) - 1 - last - decimals
    scale = 10.0**power if power >= 0 else 1 / 10**-power
    conversion = Linear(scale=scale, offset=float(meaning.head[11] or 0))
    return _parameter(meaning, groups, "bcd", conversion, tuple(digits[first : last + 1]))


def _characters(meaning: ParEntry, pieces: Sequence[BitField]) -> Parameter:
    groups = _join_samples(meaning.top, meaning.bottom, pieces)
    widths = [_count_recorded_bits(groups[0], *digit) for digit in _digit_bits(meaning)]
    return _parameter(meaning, groups, "characters", digits=tuple(w for w in widths if w))


def _utc(meaning: ParEntry, pieces: Sequence[BitField]) -> Parameter:
    """Hours, minutes and seconds in one word, as seconds."""
    groups = _require_no_gaps(_join_samples(_UTC_TOP, _UTC_BOTTOM, pieces))
    top, bottom = groups[0][0].top, groups[0][-1].bottom
    if bottom != _UTC_BOTTOM or top < _MINUTES_TOP:
        raise _UnsupportedParameterError(
            f"bits {top} to {bottom} of a time, minutes or seconds cut off"
        )
    minutes = 60 if top == _MINUTES_TOP else 24 * 60
    starts = ((minute // 60 << 12 | minute % 60 << 6, 60 * minute) for minute in range(minutes))
    points = tuple((count + s, float(start + s)) for count, start in starts for s in (0, 59))
    made = _parameter(meaning, groups, "unsigned", Table(kind="table", points=points))
    return made.model_copy(update={"unit": "s"})


def _digit_bits(meaning: ParEntry) -> list[tuple[int, int]]:
    """Highest and lowest bit of each digit or character, the most significant first."""
    given = [(int(top), int(bits)) for _, top, bits in meaning.more.get("5", [])]
    return [(top, top - bits + 1) for top, bits in given]


def _count_recorded_bits(pieces: Sequence[BitField], top: int, bottom: int) -> int:
    """How many bits of a digit are recorded; its highest may be left out, being zero."""
    have = {bit for piece in pieces for bit in range(piece.bottom, piece.top + 1)}
    bits = [bit for bit in range(bottom, top + 1) if bit in have]
    if bits != list(range(bottom, bottom + len(bits))):
        raise _UnsupportedParameterError(
            f"of digit {top} to {bottom} only bits {bits} are recorded"
        )
    return len(bits)


def _join_samples(top: int, bottom: int, pieces: Sequence[BitField]) -> list[list[BitField]]:
    """Samples, each its pieces from the most significant on, without bits that mean nothing."""
    cut = [clip_bits(piece, top, bottom) for piece in pieces]
    groups = [trim_overlaps(pieces) for pieces in group_samples(piece for piece in cut if piece)]
    shapes = {tuple((piece.top, piece.bottom) for piece in pieces) for pieces in groups}
    if not groups:
        raise _UnsupportedParameterError(f"none of its bits {top} to {bottom} are recorded")
    if len(shapes) > 1:
        raise _UnsupportedParameterError("its samples are cut in unlike ways")
    return groups


def _require_no_gaps(groups: list[list[BitField]]) -> list[list[BitField]]:
    gaps = missing_bits(groups[0])
    if gaps:
        raise _UnsupportedParameterError(f"bits {list(gaps)} in the middle are not recorded")
    return groups


def _parameter(
    meaning: ParEntry,
    groups: list[list[BitField]],
    coding: Coding,
    conversion: Conversion | None = None,
    digits: tuple[int, ...] = (),
) -> Parameter:
    return Parameter(
        describes=" ".join(meaning.head[1].split()),
        unit=meaning.head[21],
        coding=coding,
        samples=to_samples(groups),
        digits=digits,
        conversion=conversion or Linear(),
        states={int(value): text for value, text in meaning.more.get("6", []) if text},
    )
