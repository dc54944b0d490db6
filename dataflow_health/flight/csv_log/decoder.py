"""Decodes delimited logs, such as Garmin's: text to counts.

A cell ``17.94`` becomes the count 1794 of a hundredth, so no digit is lost by rounding. Each row
gets the second that its clock cells give, in UTC.
"""

from typing import NamedTuple

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.csv_log.columns import column_series, parameter_name
from dataflow_health.flight.csv_log.timestamps import assign_seconds, read_timestamps
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import CsvRecorder, Recorder
from dataflow_health.flight.recording import DecodedRecording, Series

_MAX_HEADER_LINES = 50
"""Lines within which the header must come."""

_MAX_COMMENT_BYTES = 4096
"""Bytes at the start of a log in which the comment lines with the tail number stand."""

_MIN_ZERO_SHARE = 0.99
"""Share of 0x00 from which a file counts as blank."""


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


def decode(
    raw: bytes,
    recorder: Recorder,
    layout: Layout | None = None,  # noqa: ARG001 -- part of the Decoder protocol
) -> DecodedRecording:
    """Decodes one log; a :class:`~dataflow_health.flight.recording.Decoder`.

    Args:
        raw: The whole file.
        recorder: Delimiter, clock columns and parameter names.
        layout: Not used: the header names the columns.

    Returns:
        Counts of every column except the clock's. A row whose second is taken moves to the next
        free one; a log written once a second by a clock of whole seconds has such rows.

    Raises:
        RecordingRefused: ``zero_filled``, ``no_header`` or ``no_rows``.
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, CsvRecorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the decoder of delimited logs")
    log = _parse_log(raw, recorder)
    timestamps = read_timestamps(log.header, log.rows, recorder)
    second, started_at, clock_notes = assign_seconds(timestamps, log.lines)
    duration_s = int(second[-1]) + 1
    return DecodedRecording(
        second=second,
        series=_read_series(log, recorder),
        started_at=started_at,
        encoding="csv",
        duration_s=duration_s,
        lost_s=duration_s - len(second),
        notes=(*log.notes, *clock_notes),
    )


def read_tail(raw: bytes, recorder: CsvRecorder) -> str | None:
    """The tail number in the log's comment lines, else the recorder's, else None."""
    head = raw[:_MAX_COMMENT_BYTES].decode("utf-8-sig", errors="replace").splitlines()
    comments = [line for line in head[:_MAX_HEADER_LINES] if line.startswith(recorder.comment)]
    pairs = {key: value for line in comments for key, value in _comment_pairs(line, recorder)}
    found = pairs.get(recorder.tail_key) if recorder.tail_key else None
    return found or recorder.tail


def _parse_log(raw: bytes, recorder: CsvRecorder) -> CsvLog:
    lines = _decode_text(raw).split("\n")
    header_index = _find_header(lines, recorder)
    if header_index is None:
        columns = f"columns {recorder.date!r} and {recorder.time!r}"
        detail = f"none of the first {_MAX_HEADER_LINES} lines is a header with {columns}"
        raise RecordingRefused("no_header", detail, byte_offset=0, evidence=raw[:64])
    header = _split_cells(lines[header_index], recorder)
    filled = [
        (number, _split_cells(line, recorder))
        for number, line in enumerate(lines[header_index + 1 :], start=header_index + 2)
        if line.strip() and not line.startswith(recorder.comment) and line != lines[header_index]
    ]
    rows, notes = _normalise_rows(filled, len(header), is_cut=bool(lines[-1].strip()))
    if not rows:
        detail = f"line {header_index + 1} is a header, but no row follows it"
        raise RecordingRefused("no_rows", detail, byte_offset=0, evidence=raw[:64])
    comments = [line for line in lines[:header_index] if line.startswith(recorder.comment)]
    return CsvLog(
        header=header,
        units=_column_units(comments, header, recorder),
        rows=tuple(row for _, row in rows),
        lines=tuple(number for number, _ in rows),
        notes=(*notes, *_damage_notes(raw)),
    )


def _decode_text(raw: bytes) -> str:
    zeros = raw.count(0)
    if not raw or zeros >= _MIN_ZERO_SHARE * len(raw):
        detail = f"the file is blank: {zeros} of {len(raw)} bytes are 0x00"
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
    """Index of the first line that names the date and time columns."""
    for index, line in enumerate(lines[:_MAX_HEADER_LINES]):
        if {recorder.date, recorder.time} <= set(_split_cells(line, recorder)):
            return index
    return None


def _split_cells(line: str, recorder: CsvRecorder) -> tuple[str, ...]:
    return tuple(cell.strip().strip('"') for cell in line.split(recorder.delimiter))


def _comment_pairs(line: str, recorder: CsvRecorder) -> list[tuple[str, str]]:
    """The ``key="value"`` pairs of a comment line."""
    cells = (cell.partition("=") for cell in _split_cells(line, recorder))
    return [(key.strip(), value.strip().strip('"')) for key, equals, value in cells if equals]


def _column_units(
    comments: list[str], header: tuple[str, ...], recorder: CsvRecorder
) -> tuple[str, ...]:
    """Units from the last comment line with one cell per column and no pairs, else empty ones."""
    for line in reversed(comments):
        cells = _split_cells(line.removeprefix(recorder.comment), recorder)
        if len(cells) == len(header) and "=" not in line:
            return cells
    return ("",) * len(header)


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


def _read_series(log: CsvLog, recorder: CsvRecorder) -> dict[str, Series]:
    clock_columns = {recorder.date, recorder.time, recorder.utc_offset}
    series: dict[str, Series] = {}
    for column, header in enumerate(log.header):
        if header in clock_columns or not header:
            continue
        cells = [row[column] if column < len(row) else "" for row in log.rows]
        unit = log.units[column]
        name = parameter_name(header, unit, recorder.columns, series)
        series[name] = column_series(cells, describes=header, unit=unit, column=column + 1)
    return series
