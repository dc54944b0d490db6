"""Takes the samples of each parameter from the frames of one id."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc767.frames import HEADER_BYTES, TRAILER_BYTES, Frames
from dataflow_health.flight.layout import Parameter, Table
from dataflow_health.flight.parameter import (
    apply_conversion,
    character_widths,
    field_to_count,
    field_to_text,
)
from dataflow_health.flight.recording import MISSING, Counts, Series
from dataflow_health.flight.sample_places import LEFT_OUT, nearest_samples, separate

_MAX_RATE_HZ = 64
_MIN_EXCESS_HZ, _MIN_EXCESS_SHARE = 0.1, 0.01
"""Excess over a whole rate up to which it is jitter; beyond it, frames need one more column."""

_SECOND_MS = 1000
_MAX_COUNT_BITS = 31
_MAX_STEP_SHARE = 0.5
"""Share of the usual step by which a step may differ; beyond it frames are missing or crowded."""

Octets = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FrameGroup:
    """All frames of one id on the grid of seconds.

    Attributes:
        data: Bytes between header and trailer, (frames, bytes), a column in one piece.
        second: Seconds that have a frame, ascending, (m,).
        cell: Place of each frame in the grid of m rows and ``offsets_s`` columns.
        offsets_s: Time of each column after the start of the second.
        left_out: Byte of each frame that found no place, as others have all that are near.
        moved: Number of frames moved by one or two samples, as their place is taken.
    """

    data: Octets
    second: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]
    offsets_s: tuple[float, ...]
    left_out: npt.NDArray[np.int64]
    moved: int

    @property
    def data_bits(self) -> int:
        """Bits of data in a frame."""
        return int(self.data.shape[1]) * 8


def group_frames(raw: bytes, frames: Frames, after_ms: npt.NDArray[np.int64]) -> FrameGroup:
    """The frames of one id.

    Args:
        raw: The whole file.
        frames: Frames of one id and length, in order of time.
        after_ms: Time of each frame after second 0.
    """
    columns = _samples_per_second(after_ms)
    nearest = nearest_samples(after_ms * 1000, columns)
    placed = separate(nearest)
    has_place = placed != LEFT_OUT
    second, row = np.unique(placed[has_place] // columns, return_inverse=True)
    column = placed[has_place] % columns
    phase_ms = after_ms[has_place] - placed[has_place] // columns * _SECOND_MS
    size = int(frames.length[0]) - HEADER_BYTES - TRAILER_BYTES
    starts = (frames.offset[has_place] + HEADER_BYTES).tolist()
    octets = np.frombuffer(b"".join([raw[at : at + size] for at in starts]), np.uint8)
    return FrameGroup(
        data=np.asfortranarray(octets.reshape(-1, size)),
        second=second,
        cell=row.reshape(-1) * columns + column,
        offsets_s=_usual_offsets(phase_ms, column, columns),
        left_out=frames.offset[~has_place],
        moved=int((has_place & (placed != nearest)).sum()),
    )


def _usual_offsets(
    phase_ms: npt.NDArray[np.int64], column: npt.NDArray[np.int64], columns: int
) -> tuple[float, ...]:
    """Median time of each column after the start of its second."""
    return tuple(
        max(float(np.median(phase_ms[column == each])), 0.0) / _SECOND_MS
        if (column == each).any()
        else each / columns
        for each in range(columns)
    )


def extract_series(
    group: FrameGroup, parameter: Parameter, second: npt.NDArray[np.int64]
) -> Series:
    """All samples of a parameter whose place lies within the frame.

    Args:
        group: The frames.
        parameter: Declaration of the parameter.
        second: All seconds of the recording, ascending.
    """
    text: tuple[str, ...] = ()
    if parameter.is_text:
        codes = _characters(group.data, parameter)
        counts, text = field_to_text(codes, character_widths(parameter))
    else:
        field = _field(group.data, *_first_and_width(parameter))
        parameter, counts = _to_counts(field, parameter)
    grid = np.full((len(group.second), len(group.offsets_s)), MISSING, np.int32)
    grid.reshape(-1)[group.cell] = counts
    has_sample = (grid != MISSING).any(axis=1)
    rows = np.searchsorted(second, group.second[has_sample]).astype(np.int32)
    return Series(parameter, rows, grid[has_sample], group.offsets_s, text)


def empty_series(parameter: Parameter) -> Series:
    """Series of a parameter whose frame was not recorded."""
    return Series(parameter, np.empty(0, np.int32), np.empty((0, 1), np.int32), (0.0,))


def _samples_per_second(after_ms: npt.NDArray[np.int64]) -> int:
    """Columns that hold every frame of a second, by the mean of usual steps."""
    steps = np.diff(after_ms)
    steps = steps[steps > 0]
    middle = np.median(steps) if len(steps) else 0.0
    usual = steps[np.abs(steps - middle) < _MAX_STEP_SHARE * middle]
    step_ms = float(usual.mean()) if len(usual) else _SECOND_MS
    rate_hz = _SECOND_MS / step_ms
    excess_hz = max(_MIN_EXCESS_HZ, _MIN_EXCESS_SHARE * rate_hz)
    return min(max(math.ceil(rate_hz - excess_hz), 1), _MAX_RATE_HZ)


def _first_and_width(parameter: Parameter) -> tuple[int, int]:
    """Zero-based first bit and number of bits."""
    if parameter.place is None:
        raise TypeError("a parameter of ARINC 717 given to the ARINC 767 decoder")
    return parameter.place.bit - 1, parameter.place.width


def _field(data: Octets, first: int, width: int) -> npt.NDArray[np.int64]:
    """Up to 32 bits from any bit on, as an unsigned number."""
    start, end = first // 8, (first + width - 1) // 8 + 1
    value = np.zeros(len(data), np.int64)
    for column in range(start, end):
        value = value << 8 | data[:, column]
    return value >> (end * 8 - first - width) & ((1 << width) - 1)


def _characters(data: Octets, parameter: Parameter) -> npt.NDArray[np.int64]:
    first, _ = _first_and_width(parameter)
    widths = character_widths(parameter)
    starts = [first + sum(widths[:index]) for index in range(len(widths))]
    fields = [_field(data, at, width) for at, width in zip(starts, widths, strict=True)]
    return np.stack(fields, axis=1)


def _to_counts(field: npt.NDArray[np.int64], parameter: Parameter) -> tuple[Parameter, Counts]:
    """Counts of a field; numbers that no count holds exactly become indices of a table."""
    if parameter.coding == "float":
        values = field.astype(np.uint32).view(np.float32).astype(np.float64)
        return _tabulate(values, parameter)
    if parameter.width > _MAX_COUNT_BITS and parameter.coding in {"unsigned", "discrete"}:
        return _tabulate(field.astype(np.float64), parameter)
    return parameter, field_to_count(field, parameter)


def _tabulate(values: npt.NDArray[np.float64], parameter: Parameter) -> tuple[Parameter, Counts]:
    """The parameter with a table of its distinct values, and their indices; NaN is missing."""
    is_number = np.isfinite(values)
    distinct, index = np.unique(values[is_number] + 0.0, return_inverse=True)
    counts = np.full(len(values), MISSING, np.int32)
    counts[is_number] = index.reshape(-1)
    points = _with_two(tuple(enumerate(_converted(distinct, parameter))))
    table = Table(kind="table", points=points)
    return parameter.model_copy(update={"conversion": table}), counts


def _converted(values: npt.NDArray[np.float64], parameter: Parameter) -> Sequence[float]:
    return [float(value) for value in apply_conversion(values, parameter.conversion)]


def _with_two(points: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """At least two points, as a table must have."""
    padded = [*points, *((float(count), 0.0) for count in range(len(points), 2))]
    return tuple((float(count), value) for count, value in padded)
