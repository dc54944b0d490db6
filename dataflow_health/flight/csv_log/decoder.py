"""Decodes delimited logs, such as Garmin's or a HUMS export: text to counts.

A cell ``17.94`` becomes the count 1794 of a hundredth, so no digit is lost by rounding. Each row
gets the second that its clock cells give, in UTC.
"""

from collections.abc import Collection
from datetime import datetime

from dataflow_health.flight.csv_log.columns import (
    column_series,
    has_latin_name,
    normalise_cells,
    parameter_name,
)
from dataflow_health.flight.csv_log.row_clock import find_repeated
from dataflow_health.flight.csv_log.row_grid import (
    RowGrid,
    can_be_placed,
    place_rows,
    rows_per_second,
    spread,
)
from dataflow_health.flight.csv_log.table import CsvLog, parse_log
from dataflow_health.flight.csv_log.text import refuse_line
from dataflow_health.flight.csv_log.timestamps import (
    assign_seconds,
    jump_note,
    read_timestamps,
)
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import CsvRecorder, Recorder
from dataflow_health.flight.recording import (
    CLOCK_JUMP,
    REPEATED_DATA,
    DecodedRecording,
    Series,
)

_MAX_JUMP_SHARE, _MIN_JUMPS = 0.1, 10
"""Share of rows at which the clock jumps above which a log is refused, and number that proves it:
a real log has some before the receiver knows the time."""

_MAX_LEFT_OUT_SHARE = 0.1
"""Share of rows without a place in time above which a log is refused."""


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
        Counts of every column except the clock's. Where most seconds have several rows, a row is a
        sample of its second. Else a row whose second is taken moves to the next free one; a log
        written once a second by a clock of whole seconds has such rows.

    Raises:
        RecordingRefused: ``zero_filled``, ``wrong_encoding``, ``not_text``, ``no_header``,
            ``no_rows``, ``ragged_rows`` or ``time_not_monotonic``.
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, CsvRecorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the decoder of delimited logs")
    log = parse_log(raw, recorder)
    timestamps = read_timestamps(log.header, log.rows, recorder)
    series, column_notes = _read_series(log, recorder)
    rate_hz = rows_per_second(timestamps)
    started_at: datetime | None
    if can_be_placed(rate_hz):
        repeated = find_repeated(timestamps, log.rows)
        grid = place_rows(timestamps, rate_hz, repeated)
        second, started_at = grid.second, grid.started_at
        series = {name: spread(each, grid) for name, each in series.items()}
        _refuse_left_out(raw, log, grid)
        clock_notes = _grid_notes(log, grid, repeated)
    else:
        second, started_at, clock_notes = assign_seconds(timestamps, log.lines)
    _refuse_disorder(raw, log, clock_notes)
    duration_s = int(second[-1]) + 1
    return DecodedRecording(
        second=second,
        series=series,
        started_at=None if recorder.time_format == "elapsed_s" else started_at,
        encoding="csv",
        duration_s=duration_s,
        lost_s=duration_s - len(second),
        notes=(*log.notes, *clock_notes, *column_notes),
    )


def _refuse_left_out(raw: bytes, log: CsvLog, grid: RowGrid) -> None:
    """Refuses a fast log of which many rows have no place in time; repeated rows have one.

    Raises:
        RecordingRefused: ``time_not_monotonic``.
    """
    count = len(grid.left_out)
    if count > _MAX_LEFT_OUT_SHARE * len(log.lines):
        line = log.lines[grid.left_out[0]]
        detail = f"{_left_out_problem(log, grid)}, first line {line}; "
        detail += f"at most {_MAX_LEFT_OUT_SHARE:.0%} may be"
        raise refuse_line("time_not_monotonic", detail, raw, line)


def _left_out_problem(log: CsvLog, grid: RowGrid) -> str:
    count, rate_hz = len(grid.left_out), grid.rate_hz
    reason = f"their time is out of order, or more than {rate_hz} stand in its second"
    return f"{count} of {len(log.lines)} rows are left out: {reason}"


def _grid_notes(log: CsvLog, grid: RowGrid, repeated: Collection[int]) -> tuple[str, ...]:
    """Notes on the clock of a log of several rows a second."""
    jumps = [jump_note(log.lines[row], jumped_s) for row, jumped_s in grid.jumps]
    total = len(log.lines)
    by_count = {
        f"of {total} rows {REPEATED_DATA}, first line {log.lines[min(repeated, default=0)]}": len(
            repeated
        ),
        f"of {total} rows were moved by 1 or 2 samples because another row has the same time": (
            grid.moved
        ),
        "lines have no valid time; each is one sample after the line before": grid.unknown,
    }
    notes = [f"{count} {problem}" for problem, count in by_count.items() if count]
    if grid.left_out:
        notes.append(f"{_left_out_problem(log, grid)}, first line {log.lines[grid.left_out[0]]}")
    return (*jumps, *notes)


def _refuse_disorder(raw: bytes, log: CsvLog, notes: tuple[str, ...]) -> None:
    """Refuses a log whose rows are in no order of time.

    Raises:
        RecordingRefused: ``time_not_monotonic``.
    """
    jumps = [note for note in notes if CLOCK_JUMP in note]
    if len(jumps) >= _MIN_JUMPS and len(jumps) > _MAX_JUMP_SHARE * len(log.lines):
        detail = f"the clock jumps at {len(jumps)} of {len(log.lines)} rows, first {jumps[0]}: "
        detail += "rows must be in order of time"
        line = int(jumps[0].removeprefix("line ").partition(":")[0])
        raise refuse_line("time_not_monotonic", detail, raw, line)


def _read_series(log: CsvLog, recorder: CsvRecorder) -> tuple[dict[str, Series], list[str]]:
    """Series of every column but the clock's, and notes on columns that are no numbers."""
    clock_columns = {recorder.date, recorder.time, recorder.utc_offset}
    series: dict[str, Series] = {}
    notes: list[str] = []
    for column, header in enumerate(log.header):
        if header in clock_columns or not header:
            continue
        given = [row[column] if column < len(row) else "" for row in log.rows]
        cells, problem = normalise_cells(given, recorder.decimal, recorder.missing)
        notes += [f"column {header!r}: {problem}"] if problem else []
        unit = log.units[column]
        name = parameter_name(header, unit, recorder.columns, series, column + 1)
        series[name] = column_series(cells, describes=header, unit=unit, column=column + 1)
    return series, [*notes, *_number_notes(series, recorder)]


def _number_notes(series: dict[str, Series], recorder: CsvRecorder) -> list[str]:
    """A note on columns that are named by their number, as their headers give no name."""
    headers = {name: each.parameter.describes for name, each in series.items()}
    numbered = {
        name: header
        for name, header in headers.items()
        if header not in recorder.columns and not has_latin_name(header)
    }
    if not numbered:
        return []
    name, header = next(iter(numbered.items()))
    return [
        f"{len(numbered)} columns have no letter from a to z in their name and are named "
        f"by their number, first {header!r} as {name}: give their names in `columns`"
    ]
