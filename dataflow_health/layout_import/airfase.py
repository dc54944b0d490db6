"""AIRFASE layouts: ``.PRM``, one text file per frame layout.

Lines have a kind in front (``PA31``) and fields at fixed columns; a parameter is the lines from one
``PA11`` to the next. The columns were worked out from files, not from a published description:

* ``DAT1``: words a second. ``SUP1``: frames in a cycle, subframe, word, lowest and highest bit of
  the superframe counter, which is taken to be 0 in the first frame.
* ``PA11``, ``PA17``: name, description; the long name. ``PA12``: source, coding, sign, unit.
* ``PA21``: bits of the BCD digits. ``PA22``: operational range, left out: no limit of a sensor.
* ``PA31``, ``PA32``: a sample: its number, then up to three times subframes, word, lowest bit,
  highest bit, target bit; the least significant part first.
* ``PA41``: from count, to count, kind, degree, coefficients. ``PA62``: counts and their texts.
* ``PA70``: frames of the superframe, from 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dataflow_health.errors import ConfigError, ConfigIssue
from dataflow_health.flight.layout import (
    SUBFRAMES,
    SUPERFRAME_FRAMES,
    Coding,
    Conversion,
    Counter,
    Layout,
    Linear,
    Parameter,
    Polynomial,
    Table,
)
from dataflow_health.layout_import.bit_fields import BitField, to_samples
from dataflow_health.layout_import.imported_layout import (
    ImportedLayouts,
    decode_text,
    find_clock,
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
"""Where the fields of each kind of line start."""

_CODINGS: dict[str, Coding] = {"BCD": "bcd", "DIS": "discrete"}
_PART_FIELDS = 5

_LineFields = tuple[str, ...]


@dataclass(slots=True)
class _Block:
    """The lines of one parameter, by kind."""

    lines: dict[str, list[_LineFields]] = field(default_factory=dict)

    def first(self, kind: str) -> _LineFields:
        return self.lines.get(kind, [("",) * 20])[0]


class _UnsupportedParameterError(Exception):
    """The parameter says something that this reader does not know."""


def import_prm(path: Path) -> ImportedLayouts:
    """Reads a ``.PRM`` file; the layout is named as the file.

    Raises:
        ConfigError: The file does not say how many words a second it is for.
    """
    doubts: list[str] = []
    head, blocks = _parse_blocks(decode_text(path.read_bytes()), doubts)
    if not head.first("DAT1")[2].isdigit():
        allowed = "a line that starts with DAT1 and says the words a second"
        raise ConfigError((ConfigIssue(path.name, 0, "", "is no AIRFASE parameter file", allowed),))
    parameters: dict[str, Parameter] = {}
    for block in blocks:
        name = unique_name(_name(block), parameters)
        try:
            parameters[name] = _parameter(block, doubts, name)
        except _UnsupportedParameterError as problem:
            doubts.append(f"{name}: {problem}; left out")
    layout = Layout(
        describes=f"Imported from AIRFASE layout {path.stem}.",
        words_per_subframe=int(head.first("DAT1")[2]),
        counter=_counter(head.first("SUP1")),
        clock=find_clock(parameters),
        parameters=parameters,
    )
    return ImportedLayouts({path.stem: layout}, tuple(doubts))


def _parse_blocks(text: str, doubts: list[str]) -> tuple[_Block, list[_Block]]:
    head, blocks = _Block(), list[_Block]()
    for line in text.splitlines():
        kind = line.split(" ", 1)[0]
        if kind not in _COLUMNS:
            doubts.extend([f"line {line.strip()!r} is not known"] if line.strip() else [])
            continue
        if kind == "PA11":
            blocks.append(_Block())
        block = blocks[-1] if kind.startswith("PA") and blocks else head
        block.lines.setdefault(kind, []).append(_split_columns(line, kind))
    return head, blocks


def _split_columns(line: str, kind: str) -> _LineFields:
    starts = _COLUMNS[kind]
    parts = (line[a:b].strip() for a, b in zip(starts, (*starts[1:], None), strict=True))
    return ("", *parts) if kind in {"DAT1", "SUP1"} else tuple(parts)


def _name(block: _Block) -> str:
    return block.first("PA17")[0] or block.first("PA11")[2]


def _counter(sup: _LineFields) -> Counter | None:
    if not sup[4].isdigit():
        return None
    return Counter(word=int(sup[4]), bits=(int(sup[5]), int(sup[6])), subframe=int(sup[3]))


def _parameter(block: _Block, doubts: list[str], name: str) -> Parameter:
    _, _, record, sign, unit, *_ = block.first("PA12")
    if record not in {"BNR", *_CODINGS}:
        raise _UnsupportedParameterError(f"coding {record!r} is not known")
    coding = _CODINGS.get(record) or ("bnr" if sign == "Y" else "unsigned")
    groups = _sample_bit_fields(block)
    samples = to_samples(groups)
    bits = sum(part.width for part in samples[0])
    digits = tuple(int(digit) for digit in block.first("PA21")[1]) if coding == "bcd" else ()
    if digits and sum(digits) != bits:
        doubts.append(
            f"{name}: digits of {digits} bits in a field of {bits}; taken from the lowest"
        )
        digits = _fit_digits(digits, bits)
    if "PA31" in block.lines and len({fields[0] for fields in block.lines["PA31"]}) < len(groups):
        doubts.append(f"{name}: samples share a number; each line is read as a sample of its own")
    return Parameter(
        describes=block.first("PA11")[4],
        unit=unit,
        coding=coding,
        samples=samples,
        digits=digits,
        conversion=_conversion(block.lines.get("PA41", []), bits),
        states=_states(block.lines.get("PA62", [])),
    )


def _fit_digits(digits: tuple[int, ...], bits: int) -> tuple[int, ...]:
    """Digits that fill the field from its lowest bit on, the first taking what is left."""
    fitted: list[int] = []
    for digit in reversed(digits):
        fitted.append(min(digit, bits - sum(fitted)))
    return tuple(digit for digit in reversed(fitted) if digit > 0)


def _sample_bit_fields(block: _Block) -> list[list[BitField]]:
    """Samples, each its pieces, the most significant first."""
    frames = _frames(block.lines.get("PA70", []))
    more = {fields[0]: fields for fields in block.lines.get("PA32", [])}
    groups = []
    for fields in block.lines.get("PA31", []):
        parts = [*_parts(fields), *_parts(more.get(fields[0], ()))]
        if not parts:
            raise _UnsupportedParameterError(f"sample {fields[0]} has no place")
        groups.append(_order_bit_fields(parts, frames))
    if not groups:
        raise _UnsupportedParameterError("no place is given")
    return groups


def _parts(fields: Sequence[str]) -> list[_LineFields]:
    starts = range(2, len(fields) - _PART_FIELDS + 2, _PART_FIELDS)
    return [
        tuple(fields[at : at + _PART_FIELDS])
        for at in starts
        if at + 1 < len(fields) and fields[at + 1]
    ]


def _order_bit_fields(parts: list[_LineFields], frames: tuple[int, ...]) -> list[BitField]:
    """Pieces from the most significant on: the file gives the least significant first."""
    pieces, bottom = [], 1
    for subframes, word, low, high, *_ in parts:
        top = bottom + int(high) - int(low)
        piece = BitField(int(word), int(low), int(high), top, _subframes(subframes), frames)
        pieces.append(piece)
        bottom = top + 1
    return pieces[::-1]


def _subframes(given: str) -> tuple[int, ...]:
    return SUBFRAMES if given == "ALL" else tuple(int(part) for part in given.split(","))


def _frames(lines: list[_LineFields]) -> tuple[int, ...]:
    given = [part for fields in lines for part in fields[-1].split(",") if part.strip()]
    return tuple(sorted((int(part) - 1) % SUPERFRAME_FRAMES for part in given))


def _conversion(lines: list[_LineFields], bits: int) -> Conversion:
    """One polynomial, or several of ranges of counts as a table that is exact at every count."""
    pieces = [
        (float(low), float(high), [float(c or 0) for c in coefficients[: int(degree) + 1]])
        for _, low, high, _, degree, *coefficients in lines
    ]
    if not pieces:
        return Linear()
    if len(pieces) == 1:
        factors = pieces[0][2]
        if len(factors) == 2:
            return Linear(scale=factors[1], offset=factors[0])
        return Polynomial(kind="polynomial", coefficients=tuple(factors))
    points: dict[int, float] = {}
    for low, high, factors in pieces:
        for count in range(max(int(low), -(1 << bits)), min(int(high), 1 << bits) + 1):
            points[count] = sum(factor * count**power for power, factor in enumerate(factors))
    return Table(kind="table", points=tuple(sorted(points.items())))


def _states(lines: list[_LineFields]) -> dict[int, str]:
    pairs = [pair for fields in lines for pair in zip(fields[::2], fields[1::2], strict=False)]
    return {int(value): text for value, text in pairs if value and text}
