"""Decodes ARINC 767 recordings: bytes to counts.

Frames of different ids have different rates; each carries the time since the recorder's start.
"""

from collections.abc import Mapping

import numpy as np

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc767.frame_placement import FramePlacement, place_frames
from dataflow_health.flight.arinc767.frame_samples import (
    FrameGroup,
    empty_series,
    extract_series,
)
from dataflow_health.flight.arinc767.frames import (
    SYNC,
    Frames,
    find_frames,
    find_gaps,
    is_documentary,
)
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import Arinc767Recorder, Recorder
from dataflow_health.flight.recording import DecodedRecording, Series

_MIN_FRAME_SHARE = 0.2
"""Share of bytes inside frames below which a recording is refused."""

_MAX_SECONDS = 30 * 24 * 3600
"""Longest recording; a time tag beyond it is damaged."""

_MAX_LEFT_OUT_SHARE = 0.1
"""Share of frames without a place in time above which a recording is refused."""


def decode(raw: bytes, recorder: Recorder, layout: Layout | None) -> DecodedRecording:
    """Decodes one recording; a :class:`~dataflow_health.flight.recording.Decoder`.

    Args:
        raw: The whole file.
        recorder: Of kind ``arinc767``.
        layout: Place of each parameter.

    Returns:
        Counts of every parameter of the layout; one whose frame is not recorded has no rows.

    Raises:
        RecordingRefused: ``no_layout``, ``wrong_layout``, ``no_sync``, ``too_short``,
            ``damaged_frames`` or ``clock_damaged``.
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, Arinc767Recorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the ARINC 767 decoder")
    if layout is None or not layout.is_arinc767:
        given = "no layout" if layout is None else "a layout of ARINC 717"
        reason = "no_layout" if layout is None else "wrong_layout"
        raise RecordingRefused(reason, f"{given} is declared; one of ARINC 767 frames is needed")
    found = find_frames(raw)
    _refuse_no_sync(raw, found)
    documentary = is_documentary(raw, found)
    data = found.select(~documentary)
    if not len(data.number):
        detail = f"{len(found.number)} frames, none of them with parameters"
        raise RecordingRefused("too_short", detail, byte_offset=0, evidence=raw[:64])
    placed = place_frames(raw, data, found.select(documentary))
    _refuse_left_out(raw, placed, len(data.number))
    second = placed.second
    _refuse_long(raw, placed)
    duration_s = int(second[-1]) + 1
    return DecodedRecording(
        second=second.astype(np.int32),
        series=_read_series(placed, layout, raw),
        started_at=placed.clock.started_at,
        encoding="arinc767",
        duration_s=duration_s,
        lost_s=max(duration_s - len(second) - placed.clock.paused_s, 0),
        unsynced=find_gaps(raw, found),
        notes=(*placed.notes, *_undeclared_notes(placed.groups, layout), *placed.clock.notes),
    )


def _refuse_left_out(raw: bytes, placed: FramePlacement, total: int) -> None:
    """Refuses a recording of which many frames are left out.

    Raises:
        RecordingRefused: ``damaged_frames``.
    """
    count = sum(placed.left_out.values())
    if count > _MAX_LEFT_OUT_SHARE * total:
        reasons = "; ".join(f"{count} {reason}" for reason, count in placed.left_out.items())
        detail = f"{count} of {total} frames cannot be placed in time, at most "
        detail += f"{_MAX_LEFT_OUT_SHARE:.0%} may be: {reasons}"
        at = placed.first_left_out
        raise RecordingRefused("damaged_frames", detail, byte_offset=at, evidence=raw[at:][:64])


def _refuse_long(raw: bytes, placed: FramePlacement) -> None:
    """Refuses a recording whose time tags say more than a month.

    Raises:
        RecordingRefused: ``clock_damaged``.
    """
    last_s = int(placed.second[-1])
    if last_s > _MAX_SECONDS:
        at = int(placed.frames.offset[-1])
        detail = f"time tags span {last_s} s, at most {_MAX_SECONDS} are possible"
        raise RecordingRefused("clock_damaged", detail, byte_offset=at, evidence=raw[at:][:64])


def _refuse_no_sync(raw: bytes, frames: Frames) -> None:
    share = int(frames.length.sum()) / max(len(raw), 1)
    if share < _MIN_FRAME_SHARE:
        at = max(raw.find(SYNC), 0)
        detail = f"{share:.1%} of the bytes are in frames of ARINC 767 (sync word EB90), "
        detail += f"at least {_MIN_FRAME_SHARE:.0%} are expected"
        raise RecordingRefused("no_sync", detail, byte_offset=at, evidence=raw[at:][:64])


def _read_series(placed: FramePlacement, layout: Layout, raw: bytes) -> dict[str, Series]:
    """Series of every parameter of the layout.

    Raises:
        RecordingRefused: ``wrong_layout``: a frame is shorter than its parameters.
    """
    series: dict[str, Series] = {}
    second = placed.second
    for name, parameter in layout.parameters.items():
        place = parameter.place
        group = placed.groups.get(place.frame) if place else None
        if place is None or group is None:
            series[name] = empty_series(parameter)
            continue
        if place.last_bit > group.data_bits:
            at = int(placed.frames.offset[placed.frames.number == place.frame][0])
            detail = f"frame {place.frame} has {group.data_bits} bits of data, but {name} ends "
            detail += f"at bit {place.last_bit}: the layout is another recorder's"
            raise RecordingRefused("wrong_layout", detail, byte_offset=at, evidence=raw[at:][:64])
        series[name] = extract_series(group, parameter, second)
    return series


def _undeclared_notes(groups: Mapping[int, FrameGroup], layout: Layout) -> list[str]:
    """Notes on frames that the layout does not know, or knows only in part."""
    last_bits: dict[int, int] = {}
    for parameter in layout.parameters.values():
        if parameter.place is not None:
            frame, last = parameter.place.frame, parameter.place.last_bit
            last_bits[frame] = max(last_bits.get(frame, 0), last)
    return [
        f"frame {number}: the layout declares {last_bits.get(number, 0)} of {group.data_bits} bits"
        for number, group in groups.items()
        if group.data_bits - last_bits.get(number, 0) >= 8
    ]
