"""Imports AGS layouts of ARINC 767: the tables ``.frd`` (frames) and ``.par`` (parameters).

``.frd`` lists the parameters of each frame in order; ``.par`` gives their width and meaning. They
lie end to end, so the widths of a frame add up to its recorded length.
"""

from collections.abc import Sequence
from functools import partial

from dataflow_health.flight.layout import Coding, Conversion, FrameBits, Linear, Parameter
from dataflow_health.layout_import.ags_par import (
    ParEntry,
    Record,
    read_par,
    split_records,
    to_conversion,
)
from dataflow_health.layout_import.frame_layout import Described, FrameList, place_parameters
from dataflow_health.layout_import.imported_layout import (
    MALFORMED,
    ImportedLayouts,
    UnsupportedParameterError,
    first_problem,
)

_CODINGS: dict[str, Coding] = {
    "DISCRETE": "discrete",
    "PACKED BITS": "unsigned",
    "CHARACTER": "characters",
    "BCD": "bcd",
    "COMPUTED ON BOARD": "float",
}


def import_frd(name: str, frd: str, par: str) -> ImportedLayouts:
    """The layout of two tables.

    Args:
        name: Name of the layout.
        frd: Text of the table of frames.
        par: Text of the table of parameters.

    Raises:
        ValueError: No frame is declared; the caller names the file.
    """
    entries, warnings = read_par(par)
    records = list(split_records(frd))
    frames = _frames(records, warnings)
    if not frames:
        raise ValueError("the .frd table declares no frame (lines that start with 2| and 3|)")
    described: dict[str, Described] = {}
    recorded = {short for frame in frames for short in frame.names}
    for short, entry in entries.items():
        if short not in recorded:
            continue
        try:
            described[short] = Described(_width(entry), partial(_parameter, entry, warnings))
        except MALFORMED as problem:
            warnings.append(f"{short}: in the .par table, {first_problem(problem)}")
    layout = place_parameters(f"Imported from AGS layout {name}.", frames, described, warnings)
    return ImportedLayouts({name: layout}, tuple(warnings))


def _frames(records: Sequence[tuple[str, Record]], warnings: list[str]) -> list[FrameList]:
    """Frames with the short names of their parameters, by their order."""
    short_names = {record[0]: record[1] for kind, record in records if kind == "4" and record[1:]}
    rates: dict[str, float] = {}
    ordered: dict[str, list[tuple[int, str]]] = {}
    for kind, record in records:
        try:
            if kind == "2":
                rates[record[0]] = float(record[2]) / float(record[3] or 1)
            elif kind == "3":
                long_name = record[2]
                entry = (int(record[1]), short_names.get(long_name, long_name))
                ordered.setdefault(record[0], []).append(entry)
            elif kind not in {"1", "4"}:
                raise ValueError("unknown record")
        except MALFORMED as problem:
            line = f"{kind}|{' '.join(record)}"[:80]
            warnings.append(f".frd line {line!r}: {first_problem(problem)}")
    return [
        FrameList(int(number), rates.get(number, 1.0), [name for _, name in sorted(names)])
        for number, names in ordered.items()
        if number.isascii() and number.isdigit() and 0 < int(number[:9]) < 256
    ]


def _width(entry: ParEntry) -> int:
    width = int(entry.head[8]) + (1 if entry.sign else 0)
    if not 0 < width <= 640:
        raise ValueError(f"a width of {width} bits")
    return width


def _parameter(entry: ParEntry, warnings: list[str], place: FrameBits) -> Parameter:
    is_number = entry.kind.startswith("BNR")
    if entry.kind not in _CODINGS and not is_number:
        raise UnsupportedParameterError(f"unknown type {entry.kind!r}")
    coding: Coding = "bnr" if entry.sign else "unsigned"
    conversion: Conversion = Linear()
    if is_number:
        conversion = to_conversion(entry, 1, 2**place.width, warnings)
    else:
        coding = _CODINGS[entry.kind]
    return Parameter(
        describes=entry.description.replace(r"\r\n", " "),
        unit=entry.unit,
        coding=coding,
        place=place,
        conversion=conversion,
        states={int(value): text for value, text in entry.more.get("6", []) if text},
    )
