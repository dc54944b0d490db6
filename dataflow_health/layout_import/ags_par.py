"""Reads the meaning of AGS parameters: the ``.par`` table.

Bits are numbered as in an ARINC 429 word: 29 the sign, 28 the first of the data. Bits that the
ground station knows but the recorder left out are zero when they are the lowest, and copies of the
sign when they stand between sign and data. The operational range is left out: it limits what a crew
should see, not what a sensor can measure.
"""

from collections.abc import Iterable, Iterator, Sequence
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
from dataflow_health.layout_import.imported_layout import (
    MALFORMED,
    UnsupportedParameterError,
    first_problem,
)

Record = tuple[str, ...]

_READ_RECORDS = {"2", "3", "4", "5", "6", "9"}
_IGNORED_RECORDS = {"10", "11", "12", "13"}
"""Records of reference, validity, ATA chapter and separator: nothing to decode."""

_UTC_TOP, _MINUTES_TOP, _UTC_BOTTOM = 28, 23, 12
"""Hours in bits 28-24, minutes in 23-18, seconds in 17-12 of ARINC 429 label 150 (part 1,
attachment 6)."""


@dataclass(slots=True)
class ParEntry:
    """One parameter of the ``.par`` table.

    Attributes:
        head: Record 1: name, description, type, ..., unit.
        more: The other records by their number.
        line: Line of record 1 in the table.
    """

    head: Record
    more: dict[str, list[Record]] = field(default_factory=dict)
    line: int = 0

    @property
    def description(self) -> str:
        """Description, with single blanks."""
        return " ".join(self.head[1].split())

    @property
    def kind(self) -> str:
        """Type, such as ``BNR LINEAR (A*X)``."""
        return self.head[2]

    @property
    def sign(self) -> int:
        """Bit of the sign, 0 for none."""
        return int(self.head[6] or 0)

    @property
    def top(self) -> int:
        """Most significant data bit."""
        return int(self.head[7])

    @property
    def bottom(self) -> int:
        """Least significant data bit."""
        return self.top - int(self.head[8]) + 1

    @property
    def complement(self) -> str:
        """``2`` for two's complement."""
        return self.head[9]

    @property
    def offset(self) -> float:
        """Value of count 0."""
        return float(self.head[11] or 0)

    @property
    def computation(self) -> str:
        """Formula, such as ``Resol=0.5``."""
        return self.head[12]

    @property
    def decimals(self) -> int:
        """Decimal places of the display."""
        return int(self.head[20].partition(".")[2] or 0)

    @property
    def unit(self) -> str:
        """Engineering unit."""
        return self.head[21]


def split_records(text: str) -> Iterator[tuple[str, Record]]:
    """Record number and fields of each line of a table."""
    for _, kind, record in numbered_records(text):
        yield kind, record


def numbered_records(text: str) -> Iterator[tuple[int, str, Record]]:
    """Line number, record number and fields of each line of a table."""
    for number, line in enumerate(text.splitlines(), 1):
        kind, bar, rest = line.partition("|")
        if bar and not line.startswith("//"):
            yield number, kind.strip(), tuple(part.strip() for part in rest.split("\t"))


def read_par(text: str) -> tuple[dict[str, ParEntry], list[str]]:
    """All parameters by name, and warnings about records that are not supported."""
    entries: dict[str, ParEntry] = {}
    warnings: list[str] = []
    current: ParEntry | None = None
    for line, kind, record in numbered_records(text):
        if kind == "1":
            current = entries[record[0]] = ParEntry(record, line=line)
        elif current is None or kind not in _READ_RECORDS | _IGNORED_RECORDS:
            warnings.append(f"unknown .par record {kind}|: {' '.join(record)}")
        elif kind in _READ_RECORDS:
            current.more.setdefault(kind, []).append(record)
    return entries, warnings


def to_parameter(
    entry: ParEntry, fields: Sequence[BitField]
) -> tuple[Parameter | None, tuple[str, ...]]:
    """The parameter, None when it is not supported, and warnings about it.

    Args:
        entry: Meaning of the bits.
        fields: Location of the bits, without repetitions.
    """
    warnings: list[str] = []
    try:
        return _build_parameter(entry, fields, warnings), tuple(warnings)
    except UnsupportedParameterError as problem:
        return None, (*warnings, f"{problem}; left out")
    except MALFORMED as problem:
        place = f"record 1 in line {entry.line} of .par, or one that follows it"
        return None, (*warnings, f"{place}: {first_problem(problem)}; left out")


def _build_parameter(entry: ParEntry, fields: Sequence[BitField], warnings: list[str]) -> Parameter:
    if "9" in entry.more:
        raise UnsupportedParameterError("has a calibration formula")
    if entry.kind == "BCD":
        return _bcd(entry, fields, warnings)
    if entry.kind == "CHARACTER":
        return _characters(entry, fields)
    if entry.kind == "UTC":
        return _utc(entry, fields)
    if entry.kind in {"DISCRETE", "PACKED BITS"}:
        coding: Coding = "discrete" if entry.kind == "DISCRETE" else "unsigned"
        groups = _join_samples(entry.top, entry.bottom, fields)
        return _parameter(entry, _require_no_gaps(groups), coding)
    if entry.kind.startswith("BNR"):
        return _bnr(entry, fields, warnings)
    raise UnsupportedParameterError(f"unknown type {entry.kind!r}")


def _bnr(entry: ParEntry, fields: Sequence[BitField], warnings: list[str]) -> Parameter:
    groups = _join_samples(max(entry.top, entry.sign), entry.bottom, fields)
    overlap = overlapping_bits(group_samples(fields)[0])
    if overlap:
        warnings.append(f"bits {list(overlap)} are in two words; those of the lower part are read")
    if entry.sign and entry.complement != "2":
        raise UnsupportedParameterError(f"unknown complement {entry.complement!r} with a sign")
    is_signed = entry.sign != 0 and groups[0][0].top == entry.sign
    if entry.sign and not is_signed:
        warnings.append("its sign bit is not recorded; read as never negative")
    for group in groups:
        gaps = missing_bits(group)
        sign_copies = range(entry.sign - len(gaps), entry.sign) if is_signed else range(0)
        if gaps != tuple(sign_copies):
            raise UnsupportedParameterError(f"bits {list(gaps)} in the middle are not recorded")
    units_per_count = 2 ** (groups[0][-1].bottom - entry.bottom)
    size = sum(field.top - field.bottom + 1 for field in groups[0])
    conversion = to_conversion(entry, units_per_count, 2**size, warnings)
    return _parameter(entry, groups, "bnr" if is_signed else "unsigned", conversion)


def to_conversion(
    entry: ParEntry, units_per_count: int, counts: int, warnings: list[str]
) -> Conversion:
    """Conversion of a count to a value.

    Args:
        entry: The parameter.
        units_per_count: Weight of the lowest recorded bit, in units of the table's lowest bit.
        counts: Number of possible counts.
        warnings: Gets warnings.
    """
    if "2" in entry.more:
        warnings.append("its segments are assumed to start at values of the bits, not of the unit")
        return _segments(entry.more["2"], units_per_count, counts)
    if "3" in entry.more:
        points = [(float(x) / units_per_count, float(y)) for _, x, y in entry.more["3"]]
        return Table(kind="table", points=tuple(points))
    if "4" in entry.more:
        powers = {int(power): float(factor) for factor, power in entry.more["4"]}
        factors = [powers.get(p, 0.0) * units_per_count**p for p in range(max(powers) + 1)]
        return Polynomial(kind="polynomial", coefficients=tuple(factors))
    name, _, value = entry.computation.partition("=")
    if name.strip().lower() != "resol":
        raise UnsupportedParameterError(f"unknown computation {entry.computation!r}")
    return Linear(scale=float(value) * units_per_count, offset=entry.offset)


def _segments(records: Sequence[Record], units_per_count: int, counts: int) -> Table:
    """Straight segments as a table that is exact at every whole count."""
    starts = [-(-float(record[1]) // units_per_count) for record in records]
    points: dict[float, float] = {}
    for record, low, end in zip(records, starts, [*starts[1:], counts], strict=True):
        for count in (low, max(end - 1, low)):
            points[count] = float(record[2]) * count * units_per_count + float(record[3] or 0)
    return Table(kind="table", points=tuple(sorted(points.items())))


def _bcd(entry: ParEntry, fields: Sequence[BitField], warnings: list[str]) -> Parameter:
    if entry.sign:
        raise UnsupportedParameterError("a BCD number with a sign bit")
    groups = _join_samples(entry.top, entry.bottom, fields)
    digits = [_count_recorded_bits(groups[0], *digit) for digit in _digit_bits(entry)]
    first = next(index for index, width in enumerate(digits) if width)
    last = next(index for index in range(len(digits) - 1, -1, -1) if digits[index])
    if first:
        warnings.append(f"its first {first} of {len(digits)} digits are not recorded")
    if last + 1 < len(digits):
        lost = len(digits) - 1 - last
        warnings.append(f"its last {lost} of {len(digits)} digits are not recorded")
    if digits[last] == 1:
        warnings.append("its last digit is one bit of unknown weight; read as 1")
    power = len(digits) - 1 - last - entry.decimals
    scale = 10.0**power if power >= 0 else 1 / 10**-power
    conversion = Linear(scale=scale, offset=entry.offset)
    return _parameter(entry, groups, "bcd", conversion, tuple(digits[first : last + 1]))


def _characters(entry: ParEntry, fields: Sequence[BitField]) -> Parameter:
    groups = _join_samples(entry.top, entry.bottom, fields)
    widths = [_count_recorded_bits(groups[0], *digit) for digit in _digit_bits(entry)]
    return _parameter(entry, groups, "characters", digits=tuple(w for w in widths if w))


def _utc(entry: ParEntry, fields: Sequence[BitField]) -> Parameter:
    """Hours, minutes and seconds in one word, as seconds."""
    groups = _require_no_gaps(_join_samples(_UTC_TOP, _UTC_BOTTOM, fields))
    top, bottom = groups[0][0].top, groups[0][-1].bottom
    if bottom != _UTC_BOTTOM or top < _MINUTES_TOP:
        raise UnsupportedParameterError(
            f"of a time only bits {top} to {bottom} are recorded, without minutes or seconds"
        )
    minutes = 60 if top == _MINUTES_TOP else 24 * 60
    starts = ((minute // 60 << 12 | minute % 60 << 6, 60 * minute) for minute in range(minutes))
    points = tuple((count + s, float(start + s)) for count, start in starts for s in (0, 59))
    parameter = _parameter(entry, groups, "unsigned", Table(kind="table", points=points))
    return parameter.model_copy(update={"unit": "s"})


def _digit_bits(entry: ParEntry) -> list[tuple[int, int]]:
    """Highest and lowest bit of each digit or character, the most significant first."""
    digits = [(int(top), int(bits)) for _, top, bits in entry.more.get("5", [])]
    return [(top, top - bits + 1) for top, bits in digits]


def _count_recorded_bits(fields: Sequence[BitField], top: int, bottom: int) -> int:
    """Number of recorded bits of a digit; its highest may be left out, being zero."""
    recorded = {bit for field in fields for bit in range(field.bottom, field.top + 1)}
    bits = [bit for bit in range(bottom, top + 1) if bit in recorded]
    if bits != list(range(bottom, bottom + len(bits))):
        raise UnsupportedParameterError(f"of digit {top} to {bottom} only bits {bits} are recorded")
    return len(bits)


def _join_samples(top: int, bottom: int, fields: Sequence[BitField]) -> list[list[BitField]]:
    """Bit fields by sample, the most significant first, limited to the bits of the value."""
    clipped = [clip_bits(field, top, bottom) for field in fields]
    groups = [trim_overlaps(group) for group in group_samples(field for field in clipped if field)]
    shapes = {tuple((field.top, field.bottom) for field in group) for group in groups}
    if not groups:
        raise UnsupportedParameterError(f"none of its bits {top} to {bottom} are recorded")
    if len(shapes) > 1:
        raise UnsupportedParameterError("its samples are split differently")
    return groups


def _require_no_gaps(groups: list[list[BitField]]) -> list[list[BitField]]:
    gaps = missing_bits(groups[0])
    if gaps:
        raise UnsupportedParameterError(f"bits {list(gaps)} in the middle are not recorded")
    return groups


def _parameter(
    entry: ParEntry,
    groups: Iterable[Sequence[BitField]],
    coding: Coding,
    conversion: Conversion | None = None,
    digits: tuple[int, ...] = (),
) -> Parameter:
    return Parameter(
        describes=entry.description,
        unit=entry.unit,
        coding=coding,
        samples=to_samples(groups),
        digits=digits,
        conversion=conversion or Linear(),
        states={int(value): text for value, text in entry.more.get("6", []) if text},
    )
