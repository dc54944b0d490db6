"""Imports AIRFASE layouts: ``.PRM``, one text file per frame layout.

A line starts with its kind (``PA31``) and has fields at fixed columns; a parameter is the lines
from one ``PA11`` to the next. The columns were derived from files; no description of them is
published:

* ``DAT1``: words per second. ``SUP1``: frames in a cycle, subframe, word, lowest and highest bit of
  the superframe counter, assumed to be 0 in the first frame.
* ``PA11``, ``PA17``: name, description; the long name. ``PA12``: source, coding, sign as displayed,
  unit.
* ``PA21``: bits of the BCD digits, sign as recorded: 00 or 01. ``PA22``: operational range,
  ignored: no limit of a sensor.
* ``PA31``, ``PA32``: a sample: its number, then up to three times subframes, word, lowest bit,
  highest bit, target bit; the least significant part first.
* ``PA41``: from count, to count, kind, degree, coefficients. ``PA62``: counts and their texts.
* ``PA70``: frames of the superframe, from 1.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataflow_health.flight.layout import (
    SUBFRAMES,
    SUPERFRAME_FRAMES,
    Coding,
    Conversion,
    Counter,
    Linear,
    Parameter,
    Polynomial,
    Table,
)
from dataflow_health.layout_import.bit_fields import BitField, to_samples
from dataflow_health.layout_import.imported_layout import (
    MALFORMED,
    ImportedLayouts,
    UnsupportedParameterError,
    decode_text,
    file_error,
    file_errors,
    first_problem,
    make_layout,
    unique_name,
)

_COLUMNS = {
    "HDR03": (6,),
    "DAT1": (5, 8, 13),
    "SUP1": (5, 8, 12, 17, 22, 25, 28),
    "PA11": (5, 12, 19, 28, 32),
    "PA12": (5, 7, 16, 25, 27, 53, 63),
    "PA17": (5,),
    "PA21": (5, 9, 17, 20, 23, 26, 33),
    "PA22": (5, 19, 33, 47),
    "PA31": (5, 9, 16, 21, 26, 29, 32, 35, 40, 45, 48, 51, 54, 59, 64, 67, 70, 73),
    "PA32": (5, 9, 16, 21, 26, 29, 32, 35, 40, 45, 48, 51, 54, 59, 64, 67, 70, 73),
    "PA41": (5, 8, 16, 24, 29, 33, 47, 61),
    "PA50": (5,),
    "PA62": (5, 11, 24, 30, 43, 49, 62, 68),
    "PA70": (5, 8, 16),
}
"""Column at which each field starts, by kind of line."""

_CODINGS: dict[str, Coding] = {"BCD": "bcd", "DIS": "discrete"}
_PART_FIELDS = 5
LARGEST_TABLE_BITS = 20
"""Largest sample that several polynomials convert: their table has one entry per count."""

Line = tuple[str, ...]
"""Fields of one line."""


@dataclass(slots=True)
class _Block:
    """The lines of the head, or of one parameter, by kind.

    Attributes:
        number: Number of its first line in the file.
        lines: Fields of its lines, by kind.
    """

    number: int = 1
    lines: dict[str, list[Line]] = field(default_factory=dict)

    def first(self, kind: str) -> Line:
        """The first line of a kind; empty fields when there is none."""
        return self.lines.get(kind, [("",) * 20])[0]

    def all(self, kind: str) -> list[Line]:
        """All lines of a kind."""
        return self.lines.get(kind, [])


def import_prm(path: Path) -> ImportedLayouts:
    """Imports a ``.PRM`` file; the layout has the name of the file.

    Raises:
        ConfigError: The file does not give the words per second.
    """
    warnings: list[str] = []
    head, blocks = _parse_blocks(decode_text(path.read_bytes()), warnings)
    words_per_second = head.first("DAT1")[2]
    if not words_per_second.isdigit():
        allowed = "a line that starts with DAT1 and gives the words per second"
        raise file_error(path, "not an AIRFASE parameter file", allowed)
    parameters: dict[str, Parameter] = {}
    for block in blocks:
        name = unique_name(_name(block), parameters)
        try:
            parameters[name] = _parameter(block, head, warnings, name)
        except (UnsupportedParameterError, *MALFORMED) as problem:
            warnings.append(f"{name} (line {block.number}): {first_problem(problem)}; left out")
    with file_errors(path):
        layout = make_layout(
            f"Imported from AIRFASE layout {path.stem}.",
            int(words_per_second),
            _counter(head.first("SUP1")),
            parameters,
            warnings,
        )
    return ImportedLayouts({path.stem: layout}, tuple(warnings))


def _parse_blocks(text: str, warnings: list[str]) -> tuple[_Block, list[_Block]]:
    """The lines before the first parameter, and those of each parameter."""
    head, blocks = _Block(), list[_Block]()
    for number, line in enumerate(text.splitlines(), start=1):
        kind = line.split(" ", 1)[0]
        if kind not in _COLUMNS:
            warnings.extend([f"unknown line {line.strip()!r}"] if line.strip() else [])
            continue
        if kind == "PA11":
            blocks.append(_Block(number))
        block = blocks[-1] if kind.startswith("PA") and blocks else head
        block.lines.setdefault(kind, []).append(_split_columns(line, kind))
    return head, blocks


def _split_columns(line: str, kind: str) -> Line:
    starts = _COLUMNS[kind]
    fields = (line[a:b].strip() for a, b in zip(starts, (*starts[1:], None), strict=True))
    return ("", *fields) if kind in {"DAT1", "SUP1"} else tuple(fields)


def _name(block: _Block) -> str:
    return block.first("PA17")[0] or block.first("PA11")[2]


def _counter(line: Line) -> Counter | None:
    """The superframe counter of a ``SUP1`` line."""
    if not line[4].isdigit():
        return None
    return Counter(word=int(line[4]), bits=(int(line[5]), int(line[6])), subframe=int(line[3]))


def _parameter(block: _Block, head: _Block, warnings: list[str], name: str) -> Parameter:
    _, _, prm_coding, _, unit, *_ = block.first("PA12")
    if prm_coding not in {"BNR", *_CODINGS}:
        raise UnsupportedParameterError(f"unknown coding {prm_coding!r}")
    coding = _CODINGS.get(prm_coding) or ("bnr" if _is_signed(block) else "unsigned")
    groups = _sample_bit_fields(block, head.all("SUP1"))
    samples = to_samples(groups)
    bits = sum(part.width for part in samples[0])
    digits = tuple(int(digit) for digit in block.first("PA21")[1]) if coding == "bcd" else ()
    if digits and sum(digits) != bits:
        warnings.append(
            f"{name}: digits of {digits} bits in a field of {bits}; read from the lowest bit"
        )
        digits = _fit_digits(digits, bits)
    if len({line[0] for line in block.all("PA31")}) < len(groups):
        warnings.append(f"{name}: samples share a number; each line is read as its own sample")
    return Parameter(
        describes=block.first("PA11")[4],
        unit=unit,
        coding=coding,
        samples=samples,
        digits=digits,
        conversion=_conversion(block.all("PA41"), bits),
        states=_states(block.all("PA62")),
    )


def _is_signed(block: _Block) -> bool:
    """Whether the value is recorded with a sign; as it is displayed where the file does not say."""
    recorded = block.first("PA21")[3]
    if recorded.isascii() and recorded.isdigit():
        return int(recorded) > 0
    return block.first("PA12")[3] == "Y"


def _fit_digits(digits: tuple[int, ...], bits: int) -> tuple[int, ...]:
    """Digits that fill the field from its lowest bit, the first taking the remainder."""
    fitted: list[int] = []
    for digit in reversed(digits):
        fitted.append(min(digit, bits - sum(fitted)))
    return tuple(digit for digit in reversed(fitted) if digit > 0)


def _sample_bit_fields(block: _Block, counters: list[Line]) -> list[list[BitField]]:
    """Bit fields by sample, the most significant first."""
    frames = _frames(block.all("PA70"), counters)
    continuations = {line[0]: line for line in block.all("PA32")}
    groups = []
    for line in block.all("PA31"):
        parts = [*_split_parts(line), *_split_parts(continuations.get(line[0], ()))]
        if not parts:
            raise UnsupportedParameterError(f"sample {line[0]} has no location")
        groups.append(_order_bit_fields(parts, frames))
    if not groups:
        raise UnsupportedParameterError("it has no location")
    return groups


def _split_parts(line: Sequence[str]) -> list[Line]:
    """Subframes, word, lowest, highest and target bit of each part of a sample."""
    starts = range(2, len(line) - _PART_FIELDS + 2, _PART_FIELDS)
    return [
        tuple(line[at : at + _PART_FIELDS]) for at in starts if at + 1 < len(line) and line[at + 1]
    ]


def _order_bit_fields(parts: list[Line], frames: tuple[int, ...]) -> list[BitField]:
    """Bit fields, the most significant first; the file has the least significant first.

    Raises:
        UnsupportedParameterError: The target bit of a later part says that it does not follow.
    """
    fields, bottom = [], 1
    first_target = _target_bit(parts[0]) or bottom
    for part in parts:
        subframes, word, low, high, *_ = part
        target = _target_bit(part)
        if target and target != first_target + bottom - 1:
            problem = f"target bit {target} of a part, where {first_target + bottom - 1} follows"
            raise UnsupportedParameterError(problem)
        top = bottom + int(high) - int(low)
        fields.append(BitField(int(word), int(low), int(high), top, _subframes(subframes), frames))
        bottom = top + 1
    return fields[::-1]


def _target_bit(part: Line) -> int:
    """Bit of the value at which a part begins; 0 when none is given."""
    return int(part[4] or 0) if len(part) > 4 else 0


def _subframes(text: str) -> tuple[int, ...]:
    return SUBFRAMES if text == "ALL" else tuple(int(part) for part in text.split(","))


def _frames(lines: list[Line], counters: list[Line]) -> tuple[int, ...]:
    """Frames of the superframe, from 0, that carry a parameter.

    Raises:
        UnsupportedParameterError: It is in a superframe that a layout cannot hold.
    """
    if not lines:
        return ()
    if counters:
        if len(counters) > 1:
            raise UnsupportedParameterError(f"{len(counters)} superframe counters, not one")
        cycle = int(counters[0][2])
        if cycle != SUPERFRAME_FRAMES:
            problem = f"superframes of {cycle} frames, not {SUPERFRAME_FRAMES}"
            raise UnsupportedParameterError(problem)
    places = [int(part) for line in lines for part in line[-1].split(",") if part.strip()]
    outside = [place for place in places if not 1 <= place <= SUPERFRAME_FRAMES]
    if outside:
        raise UnsupportedParameterError(f"frame {outside[0]} is outside 1..{SUPERFRAME_FRAMES}")
    return tuple(sorted(place - 1 for place in places))


def _conversion(lines: list[Line], bits: int) -> Conversion:
    """One polynomial, or several for ranges of counts as a table that is exact at every count."""
    polynomials = [
        (float(low), float(high), _coefficients(degree, given))
        for _, low, high, _, degree, *given in lines
    ]
    if not polynomials:
        return Linear()
    if len(polynomials) == 1:
        factors = polynomials[0][2]
        if len(factors) == 2:
            return Linear(scale=factors[1], offset=factors[0])
        return Polynomial(kind="polynomial", coefficients=tuple(factors))
    if bits > LARGEST_TABLE_BITS:
        raise UnsupportedParameterError(f"{len(polynomials)} polynomials for {bits} bits")
    points: dict[int, float] = {}
    for low, high, factors in polynomials:
        for count in range(max(int(low), -(1 << bits)), min(int(high), 1 << bits) + 1):
            points[count] = sum(factor * count**power for power, factor in enumerate(factors))
    return Table(kind="table", points=tuple(sorted(points.items())))


def _coefficients(degree: str, given: Sequence[str]) -> list[float]:
    """Coefficients of a polynomial, those of the higher powers last.

    Raises:
        UnsupportedParameterError: The line has fewer coefficients, or one that is no number.
    """
    if not 0 <= int(degree) < len(given):
        raise UnsupportedParameterError(f"degree {int(degree)} with {len(given)} coefficients")
    factors = [float(factor or 0) for factor in given[: int(degree) + 1]]
    if not all(map(math.isfinite, factors)):
        raise UnsupportedParameterError(f"a coefficient that is no number: {', '.join(given)}")
    return factors


def _states(lines: list[Line]) -> dict[int, str]:
    pairs = [pair for line in lines for pair in zip(line[::2], line[1::2], strict=False)]
    return {int(value): text for value, text in pairs if value and text}
