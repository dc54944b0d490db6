"""Delimited logs, such as Garmin's: text to counts.

A cell ``17.94`` is the count 1794 of a hundredth, so nothing is lost by rounding. Rows are put on
the second that their clock says, in UTC.
"""

from dataclasses import dataclass

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.csv_log.columns import name_of, to_series
from dataflow_health.flight.csv_log.timestamps import place_rows, read_instants
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import Delimited, Recorder
from dataflow_health.flight.recording import Decoded, Series

_HEAD_LINES = 50
"""Lines in which the header must come."""

_MOSTLY = 0.99


@dataclass(frozen=True, slots=True)
class Sheet:
    """A log taken apart, cells stripped of blanks.

    Attributes:
        about: The comment's ``key="value"`` pairs.
        header: Names of the columns.
        units: Unit by column, empty where none is told.
        rows: Cells; a row may be short.
        lines: One-based line of each row.
        notes: What was odd.
    """

    about: dict[str, str]
    header: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    notes: tuple[str, ...]


def decode(
    raw: bytes,
    recorder: Recorder,
    layout: Layout | None = None,  # noqa: ARG001 -- a Decoder is given one
) -> Decoded:
    """Decodes one log; a :class:`~dataflow_health.flight.recording.Decoder`.

    Args:
        raw: The whole file.
        recorder: Delimiter, clock columns and names.
        layout: Not used: the header tells what there is.

    Returns:
        Counts of every column but the clock's. Rows with the same second are moved to the next free
        one, as a log kept once a second by a clock of whole seconds has them.

    Raises:
        RecordingRefused: ``zero_filled``, ``no_header`` or ``no_rows``.
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, Delimited):
        raise TypeError(f"recorder of kind {recorder.kind} given to the decoder of delimited logs")
    sheet = _take_apart(raw, recorder)
    instants = read_instants(sheet.header, sheet.rows, recorder)
    second, started_at, notes = place_rows(instants, sheet.lines)
    duration = int(second[-1]) + 1
    return Decoded(
        second=second,
        series=_series(sheet, recorder),
        started_at=started_at,
        container="csv",
        duration_s=duration,
        lost_s=duration - len(second),
        notes=(*sheet.notes, *notes),
    )


def tail(raw: bytes, recorder: Delimited) -> str | None:
    """The tail that the log's comment tells, None when it tells none."""
    head = raw[:4096].decode("utf-8-sig", errors="replace").splitlines()
    comments = [line for line in head[:_HEAD_LINES] if line.startswith(recorder.comment)]
    about = {key: value for line in comments for key, value in _pairs(line, recorder)}
    return about.get(recorder.tail_key or "") or recorder.tail


def _take_apart(raw: bytes, recorder: Delimited) -> Sheet:
    text = _text(raw)
    lines = text.split("\n")
    at = _header_line(lines, recorder)
    if at is None:
        wants = f"columns {recorder.date!r} and {recorder.time!r}"
        detail = f"no line of the first {_HEAD_LINES} is a header with {wants}"
        raise RecordingRefused("no_header", detail, byte_offset=0, evidence=raw[:64])
    header = _cells(lines[at], recorder)
    comments = [line for line in lines[:at] if line.startswith(recorder.comment)]
    kept = [
        (number, _cells(line, recorder))
        for number, line in enumerate(lines[at + 1 :], start=at + 2)
        if line.strip() and not line.startswith(recorder.comment) and line != lines[at]
    ]
    rows, notes = _whole_rows(kept, len(header), is_cut=bool(lines[-1].strip()))
    if not rows:
        detail = f"a header in line {at + 1}, but no row under it"
        raise RecordingRefused("no_rows", detail, byte_offset=0, evidence=raw[:64])
    return Sheet(
        about={key: value for line in comments for key, value in _pairs(line, recorder)},
        header=header,
        units=_units(comments, header, recorder),
        rows=tuple(row for _, row in rows),
        lines=tuple(number for number, _ in rows),
        notes=(*notes, *_damage(raw)),
    )


def _text(raw: bytes) -> str:
    zeros = raw.count(0)
    if not raw or zeros >= _MOSTLY * len(raw):
        detail = f"{zeros} of {len(raw)} bytes are 0x00"
        raise RecordingRefused("zero_filled", detail, byte_offset=0, evidence=raw[:64])
    body = raw.replace(b"\0", b"")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _damage(raw: bytes) -> list[str]:
    zeros = raw.count(0)
    return [f"{zeros} bytes of 0x00 between the lines are left out"] if zeros else []


def _header_line(lines: list[str], recorder: Delimited) -> int | None:
    for number, line in enumerate(lines[:_HEAD_LINES]):
        if {recorder.date, recorder.time} <= set(_cells(line, recorder)):
            return number
    return None


def _cells(line: str, recorder: Delimited) -> tuple[str, ...]:
    return tuple(cell.strip().strip('"') for cell in line.split(recorder.delimiter))


def _pairs(line: str, recorder: Delimited) -> list[tuple[str, str]]:
    cells = (cell.partition("=") for cell in _cells(line, recorder))
    return [(key.strip(), value.strip().strip('"')) for key, equals, value in cells if equals]


def _units(comments: list[str], header: tuple[str, ...], recorder: Delimited) -> tuple[str, ...]:
    """The comment line that has a cell for every column and is no list of pairs."""
    for line in reversed(comments):
        cells = _cells(line.removeprefix(recorder.comment), recorder)
        if len(cells) == len(header) and "=" not in line:
            return cells
    return ("",) * len(header)


def _whole_rows(
    rows: list[tuple[int, tuple[str, ...]]], width: int, *, is_cut: bool
) -> tuple[list[tuple[int, tuple[str, ...]]], list[str]]:
    """Rows without cells that are in no column; a cell that was cut off is no cell."""
    notes = []
    if rows and is_cut and len(rows[-1][1]) < width:
        number, cells = rows[-1]
        notes.append(f"line {number}, the last, is cut off in column {len(cells)} of {width}")
        rows = [*rows[:-1], (number, cells[:-1])]
    short = [number for number, cells in rows[: len(rows) - bool(notes)] if len(cells) < width]
    long = [number for number, cells in rows if len(cells) > width]
    for what, numbers in (("fewer", short), ("more", long)):
        if numbers:
            notes.append(f"{len(numbers)} lines have {what} cells than columns, first {numbers[0]}")
    return [(number, cells[:width]) for number, cells in rows], notes


def _series(sheet: Sheet, recorder: Delimited) -> dict[str, Series]:
    clock = {recorder.date, recorder.time, recorder.utc_offset}
    series: dict[str, Series] = {}
    for column, header in enumerate(sheet.header):
        if header in clock or not header:
            continue
        cells = [row[column] if column < len(row) else "" for row in sheet.rows]
        unit = sheet.units[column]
        name = name_of(header, unit, recorder.columns, series)
        series[name] = to_series(cells, describes=header, unit=unit, column=column + 1)
    return series
