"""Delimited logs, such as Garmin's: text to counts.

A cell ``17.94`` is the count 1794 of a hundredth, so nothing is lost by rounding. Rows are put on
the second that their clock says, in UTC.
"""

from dataclasses import dataclass

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.csv_log.columns import column_series, parameter_name
from dataflow_health.flight.csv_log.timestamps import assign_seconds, read_timestamps
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import CsvRecorder, Recorder
from dataflow_health.flight.recording import DecodedRecording, Series

_MAX_HEADER_LINES = 50
"""Lines in which the header must come."""

_MIN_ZERO_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class CsvLog:
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
) -> DecodedRecording:
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
    if not isinstance(recorder, CsvRecorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the decoder of delimited logs")
    sheet = _parse_log(raw, recorder)
    instants = read_timestamps(sheet.header, sheet.rows, recorder)
    second, started_at, notes = assign_seconds(instants, sheet.lines)
    duration = int(second[-1]) + 1
    return DecodedRecording(
        second=second,
        series=_read_series(sheet, recorder),
        started_at=started_at,
        container="csv",
        duration_s=duration,
        lost_s=duration - len(second),
        notes=(*sheet.notes, *notes),
    )


def read_tail(raw: bytes, recorder: CsvRecorder) -> str | None:
    """The tail that the log's comment tells, None when it tells none."""
    head = raw[:4096].decode("utf-8-sig", errors="replace").splitlines()
    comments = [line for line in head[:_MAX_HEADER_LINES] if line.startswith(recorder.comment)]
    about = {key: value for line in comments for key, value in _comment_pairs(line, recorder)}
    return about.get(recorder.tail_key or "") or recorder.tail


def _parse_log(raw: bytes, recorder: CsvRecorder) -> CsvLog:
    text = _decode_text(raw)
    lines = text.split("\n")
    at = _find_header(lines, recorder)
    if at is None:
        wants = f"columns {recorder.date!r} and {recorder.time!r}"
        detail = f"no line of the first {_MAX_HEADER_LINES} is a header with {wants}"
        raise RecordingRefused("no_header", detail, byte_offset=0, evidence=raw[:64])
    header = _split_cells(lines[at], recorder)
    comments = [line for line in lines[:at] if line.startswith(recorder.comment)]
    kept = [
        (number, _split_cells(line, recorder))
        for number, line in enumerate(lines[at + 1 :], start=at + 2)
        if line.strip() and not line.startswith(recorder.comment) and line != lines[at]
    ]
    rows, notes = _normalise_rows(kept, len(header), is_cut=bool(lines[-1].strip()))
    if not rows:
        detail = f"a header in line {at + 1}, but no row under it"
        raise RecordingRefused("no_rows", detail, byte_offset=0, evidence=raw[:64])
    return CsvLog(
        about={key: value for line in comments for key, value in _comment_pairs(line, recorder)},
        header=header,
        units=_column_units(comments, header, recorder),
        rows=tuple(row for _, row in rows),
        lines=tuple(number for number, _ in rows),
        notes=(*notes, *_damage_notes(raw)),
    )


def _decode_text(raw: bytes) -> str:
    zeros = raw.count(0)
    if not raw or zeros >= _MIN_ZERO_SHARE * len(raw):
        detail = f"{zeros} of {len(raw)} bytes are 0x00"
        raise RecordingRefused("zero_filled", detail, byte_offset=0, evidence=raw[:64])
    body = raw.replace(b"\0", b"")
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _damage_notes(raw: bytes) -> list[str]:
    zeros = raw.count(0)
    return [f"{zeros} bytes of 0x00 between the lines are left out"] if zeros else []


def _find_header(lines: list[str], recorder: CsvRecorder) -> int | None:
    for number, line in enumerate(lines[:_MAX_HEADER_LINES]):
        if {recorder.date, recorder.time} <= set(_split_cells(line, recorder)):
            return number
    return None


def _split_cells(line: str, recorder: CsvRecorder) -> tuple[str, ...]:
    return tuple(cell.strip().strip('"') for cell in line.split(recorder.delimiter))


def _comment_pairs(line: str, recorder: CsvRecorder) -> list[tuple[str, str]]:
    cells = (cell.partition("=") for cell in _split_cells(line, recorder))
    return [(key.strip(), value.strip().strip('"')) for key, equals, value in cells if equals]


def _column_units(
    comments: list[str], header: tuple[str, ...], recorder: CsvRecorder
) -> tuple[str, ...]:
    """The comment line that has a cell for every column and is no list of pairs."""
    for line in reversed(comments):
        cells = _split_cells(line.removeprefix(recorder.comment), recorder)
        if len(cells) == len(header) and "=" not in line:
            return cells
    return ("",) * len(header)


def _normalise_rows(
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


def _read_series(sheet: CsvLog, recorder: CsvRecorder) -> dict[str, Series]:
    clock = {recorder.date, recorder.time, recorder.utc_offset}
    series: dict[str, Series] = {}
    for column, header in enumerate(sheet.header):
        if header in clock or not header:
            continue
        cells = [row[column] if column < len(row) else "" for row in sheet.rows]
        unit = sheet.units[column]
        name = parameter_name(header, unit, recorder.columns, series)
        series[name] = column_series(cells, describes=header, unit=unit, column=column + 1)
    return series
