"""Splits a delimited log into header, units and rows."""

import csv
import re
from collections.abc import Sequence
from typing import NamedTuple

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.csv_log.text import is_utf_16, read_text, refuse_line
from dataflow_health.flight.recorder import CsvRecorder

_MAX_HEADER_LINES = 50
"""Lines within which the header must come."""

_MAX_COMMENT_BYTES = 4096
"""Bytes at the start of a log in which the comment lines with the tail number stand."""

_MAX_RAGGED_SHARE, _MIN_RAGGED_ROWS = 0.5, 10
"""Share of rows of another width than the header above which a log is refused, and number of them
that prove it: a power failure damages single rows."""

_UNIT = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]*)[)\]]\s*")
"""A name that ends with its unit in brackets."""


class CsvLog(NamedTuple):
    """A log split into cells, blanks and quotes stripped.

    Attributes:
        header: Names of the columns.
        units: Unit of each column, empty where none is given.
        rows: Cells of each row; a row may be short.
        lines: One-based line number of each row.
        notes: Irregularities, each a sentence for people.
    """

    header: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    notes: tuple[str, ...]


def read_tail(raw: bytes, recorder: CsvRecorder) -> str | None:
    """The tail number in the log's comment lines, else the recorder's, else None."""
    head = raw[:_MAX_COMMENT_BYTES].decode("utf-8-sig", errors="replace").splitlines()
    comments = [line for line in head[:_MAX_HEADER_LINES] if _is_comment(line, recorder)]
    pairs = {key: value for line in comments for key, value in _comment_pairs(line, recorder)}
    found = (pairs.get(key) for key in recorder.tail_keys)
    return next((value for value in found if value), recorder.tail)


def parse_log(raw: bytes, recorder: CsvRecorder) -> CsvLog:
    """The log's cells.

    Raises:
        RecordingRefused: ``zero_filled``, ``wrong_encoding``, ``not_text``, ``no_header``,
            ``no_rows`` or ``ragged_rows``.
    """
    lines = read_text(raw, recorder).split("\n")
    at = _find_header(raw, lines, recorder)
    header = _split_cells(lines[at], recorder)
    filled = [
        (number, _split_cells(line, recorder))
        for number, line in enumerate(lines[at + 1 :], start=at + 2)
        if number != recorder.units_line and _is_row(line, lines[at], recorder)
    ]
    rows, notes = _normalise_rows(filled, len(header), is_cut=bool(lines[-1].strip()))
    if not rows:
        detail = f"line {at + 1} is a header, but no row follows it"
        raise RecordingRefused("no_rows", detail, byte_offset=0, evidence=raw[:64])
    _refuse_ragged(raw, filled, len(header))
    names, units = _name_columns(lines, at, recorder)
    return CsvLog(
        header=names,
        units=tuple(
            recorder.units.get(name, unit) for name, unit in zip(header, units, strict=True)
        ),
        rows=tuple(row for _, row in rows),
        lines=tuple(number for number, _ in rows),
        notes=(*notes, *_damage_notes(raw, recorder)),
    )


def _is_comment(line: str, recorder: CsvRecorder) -> bool:
    return bool(recorder.comment) and line.startswith(recorder.comment)


def _is_row(line: str, header: str, recorder: CsvRecorder) -> bool:
    """True for a line of data: some exports repeat the header."""
    return bool(line.strip()) and not _is_comment(line, recorder) and line != header


def _damage_notes(raw: bytes, recorder: CsvRecorder) -> list[str]:
    zeros = 0 if is_utf_16(raw, recorder) else raw.count(0)
    return [f"{zeros} bytes of 0x00 between the lines are left out"] if zeros else []


def _find_header(raw: bytes, lines: Sequence[str], recorder: CsvRecorder) -> int:
    """Index of the declared line, or of the first line, that names the clock's columns.

    Raises:
        RecordingRefused: ``no_header``.
    """
    wanted = {column for column in (recorder.date, recorder.time) if column}
    line = recorder.header_line
    candidates = range(_MAX_HEADER_LINES) if line is None else range(line - 1, line)
    for index in candidates[: max(len(lines) - candidates.start, 0)]:
        if wanted <= set(_split_cells(lines[index], recorder)):
            return index
    columns = " and ".join(f"{column!r}" for column in (recorder.date, recorder.time) if column)
    searched = f"none of the first {_MAX_HEADER_LINES} lines" if line is None else f"line {line}"
    verdict = "is a header" if line is None else "is not a header"
    detail = f"{searched} {verdict} with the columns {columns}"
    raise refuse_line("no_header", detail, raw, line or 1)


def _split_cells(line: str, recorder: CsvRecorder) -> tuple[str, ...]:
    """Cells without blanks and quotes; a delimiter inside quotes is part of its cell."""
    if '"' in line:
        try:
            reader = csv.reader([line], delimiter=recorder.delimiter, skipinitialspace=True)
            return tuple(cell.strip().strip('"') for cell in next(reader, ()))
        except csv.Error:  # a cell of more than 128 KB, which no recorder writes
            pass
    return tuple(cell.strip().strip('"') for cell in line.split(recorder.delimiter))


def _comment_pairs(line: str, recorder: CsvRecorder) -> list[tuple[str, str]]:
    """The ``key="value"`` pairs of a comment line."""
    cells = (cell.partition("=") for cell in _split_cells(line, recorder))
    return [(key.strip(), value.strip().strip('"')) for key, equals, value in cells if equals]


def _name_columns(
    lines: Sequence[str], at: int, recorder: CsvRecorder
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Name and unit of every column.

    Args:
        lines: All lines.
        at: Index of the header.
        recorder: States where units stand.

    Returns:
        A column without a name has that of the line above the header, as the G3X writes it.
    """
    header = _split_cells(lines[at], recorder)
    above = _cells_above(lines[:at], len(header), recorder)
    if recorder.units_line is not None:
        found = _cells_of_line(lines, recorder.units_line, recorder)
        padded = (*found, *("",) * len(header))[: len(header)]
        return header, padded
    comment = _comment_units(lines[:at], len(header), recorder)
    if comment:
        return header, comment
    split = [split_unit(name) for name in above] or [("", "")] * len(header)
    own = [split_unit(name)[1] for name in header]
    names = tuple(name or long for name, (long, _) in zip(header, split, strict=True))
    return names, tuple(unit or mine for (_, unit), mine in zip(split, own, strict=True))


def _cells_of_line(lines: Sequence[str], number: int, recorder: CsvRecorder) -> tuple[str, ...]:
    if number > len(lines):
        return ()
    return _split_cells(lines[number - 1].removeprefix(recorder.comment), recorder)


def _cells_above(lines: Sequence[str], width: int, recorder: CsvRecorder) -> tuple[str, ...]:
    """Cells of the line above the header when it has as many, else none."""
    if not lines or _is_comment(lines[-1], recorder):
        return ()
    cells = _split_cells(lines[-1], recorder)
    return cells if len(cells) == width else ()


def _comment_units(lines: Sequence[str], width: int, recorder: CsvRecorder) -> tuple[str, ...]:
    """Cells of the last comment line with one cell per column and no pairs, else none."""
    for line in reversed([line for line in lines if _is_comment(line, recorder)]):
        cells = _split_cells(line.removeprefix(recorder.comment), recorder)
        if len(cells) == width and "=" not in line:
            return cells
    return ()


def split_unit(name: str) -> tuple[str, str]:
    """Name and unit of ``Oil Temp (deg F)``."""
    found = _UNIT.fullmatch(name)
    return (found[1], found[2].strip()) if found else (name, "")


def _normalise_rows(
    rows: list[tuple[int, tuple[str, ...]]], width: int, *, is_cut: bool
) -> tuple[list[tuple[int, tuple[str, ...]]], list[str]]:
    """Drops surplus cells, and the last cell of a row that was cut off.

    Args:
        rows: Line number and cells of each row.
        width: Number of columns.
        is_cut: True when the file does not end with a line break.

    Returns:
        The rows and notes on rows that are cut off, too short or too long.
    """
    notes = []
    if rows and is_cut and len(rows[-1][1]) < width:
        number, cells = rows[-1]
        notes.append(f"line {number}, the last, is cut off in column {len(cells)} of {width}")
        rows = [*rows[:-1], (number, cells[:-1])]
    complete = rows[:-1] if notes else rows
    short = [number for number, cells in complete if len(cells) < width]
    long = [number for number, cells in rows if len(cells) > width]
    for comparison, numbers in (("fewer", short), ("more", long)):
        if numbers:
            notes.append(
                f"{len(numbers)} lines have {comparison} cells than columns, first {numbers[0]}"
            )
    return [(number, cells[:width]) for number, cells in rows], notes


def _refuse_ragged(raw: bytes, rows: Sequence[tuple[int, tuple[str, ...]]], width: int) -> None:
    """Refuses a log whose rows do not fit its header: another separator or decimal sign.

    Raises:
        RecordingRefused: ``ragged_rows``.
    """
    ragged = [
        (line, len(cells))
        for line, cells in rows
        if len(cells) < width or any(cells[width:])  # a separator at the end of a row is usual
    ]
    if len(ragged) >= _MIN_RAGGED_ROWS and len(ragged) > _MAX_RAGGED_SHARE * len(rows):
        line, count = ragged[0]
        detail = f"{len(ragged)} of {len(rows)} rows do not have the header's {width} cells; "
        detail += f"the first, line {line}, has {count}: check `delimiter` and `decimal`"
        raise refuse_line("ragged_rows", detail, raw, line)
