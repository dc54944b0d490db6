"""Decodes ARINC 767 recordings: bytes to counts.

Frames of different ids have different rates; each carries the time since the recorder's start. The
documentary frame gives that start in UTC, to the minute.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc767.frame_samples import (
    FrameGroup,
    empty_series,
    extract_series,
    group_frames,
)
from dataflow_health.flight.arinc767.frames import (
    HEADER_BYTES,
    SYNC,
    TRAILER_BYTES,
    Frames,
    drop_implausible,
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

_DATE_AT, _DATE_BYTES = HEADER_BYTES + 112, 16
"""Place of ``YYYY/MM/DD-HH:MM`` in the documentary frame."""


def decode(raw: bytes, recorder: Recorder, layout: Layout | None) -> DecodedRecording:
    """Decodes one recording; a :class:`~dataflow_health.flight.recording.Decoder`.

    Args:
        raw: The whole file.
        recorder: Of kind ``arinc767``.
        layout: Place of each parameter.

    Returns:
        Counts of every parameter of the layout; one whose frame is not recorded has no rows.

    Raises:
        RecordingRefused: ``no_layout``, ``wrong_layout``, ``no_sync``, ``too_short`` or
            ``clock_damaged``.
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, Arinc767Recorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the ARINC 767 decoder")
    if layout is None or not layout.is_arinc767:
        found = "no layout" if layout is None else "a layout of ARINC 717"
        reason = "no_layout" if layout is None else "wrong_layout"
        raise RecordingRefused(reason, f"{found} is declared; one of ARINC 767 frames is needed")
    found_frames = find_frames(raw)
    _refuse_no_sync(raw, found_frames)
    documentary = is_documentary(raw, found_frames)
    data, notes = drop_implausible(found_frames.select(~documentary))
    if not len(data.number):
        detail = f"{len(found_frames.number)} frames, none of them with parameters"
        raise RecordingRefused("too_short", detail, byte_offset=0, evidence=raw[:64])
    first_ms = int(data.tag_ms.min()) // 1000 * 1000
    second = np.unique((data.tag_ms - first_ms) // 1000)
    if second[-1] > _MAX_SECONDS:
        at = int(data.offset[-1])
        detail = f"time tags span {second[-1]} s, at most {_MAX_SECONDS} are possible"
        raise RecordingRefused("clock_damaged", detail, byte_offset=at, evidence=raw[at:][:64])
    groups = {
        int(number): group_frames(
            raw, data.select(data.number == number), second.astype(np.int32), first_ms
        )
        for number in np.unique(data.number)
    }
    started_at, clock_note = _read_start(raw, found_frames.select(documentary), first_ms)
    duration_s = int(second[-1]) + 1
    return DecodedRecording(
        second=second.astype(np.int32),
        series=_read_series(groups, layout, data, raw),
        started_at=started_at,
        encoding="arinc767",
        duration_s=duration_s,
        lost_s=duration_s - len(second),
        unsynced=find_gaps(raw, found_frames),
        notes=(*notes, *_undeclared_notes(groups, layout), clock_note),
    )


def _refuse_no_sync(raw: bytes, frames: Frames) -> None:
    share = int(frames.length.sum()) / max(len(raw), 1)
    if share < _MIN_FRAME_SHARE:
        at = max(raw.find(SYNC), 0)
        detail = f"{share:.1%} of the bytes are in frames of ARINC 767 (sync word EB90), "
        detail += f"at least {_MIN_FRAME_SHARE:.0%} are expected"
        raise RecordingRefused("no_sync", detail, byte_offset=at, evidence=raw[at:][:64])


def _read_series(
    groups: dict[int, FrameGroup], layout: Layout, frames: Frames, raw: bytes
) -> dict[str, Series]:
    """Series of every parameter of the layout.

    Raises:
        RecordingRefused: ``wrong_layout``: a frame is shorter than its parameters.
    """
    series: dict[str, Series] = {}
    for name, parameter in layout.parameters.items():
        place = parameter.place
        group = groups.get(place.frame) if place else None
        if place is None or group is None:
            series[name] = empty_series(parameter)
            continue
        if place.last_bit > group.data_bits:
            at = int(frames.offset[frames.number == place.frame][0])
            detail = f"frame {place.frame} has {group.data_bits} bits of data, but {name} ends "
            detail += f"at bit {place.last_bit}: the layout is another recorder's"
            raise RecordingRefused("wrong_layout", detail, byte_offset=at, evidence=raw[at:][:64])
        series[name] = extract_series(group, parameter)
    return series


def _undeclared_notes(groups: dict[int, FrameGroup], layout: Layout) -> list[str]:
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


def _read_start(raw: bytes, frames: Frames, first_ms: int) -> tuple[datetime | None, str]:
    """UTC time of second 0 by the documentary frame, and a note on it."""
    for at, length in zip(frames.offset.tolist(), frames.length.tolist(), strict=True):
        end = min(at + _DATE_AT + _DATE_BYTES, at + length - TRAILER_BYTES)
        text = raw[at + _DATE_AT : end].decode("latin-1").strip()
        try:
            start = datetime.strptime(text, "%Y/%m/%d-%H:%M").replace(tzinfo=UTC)
            started_at = start + timedelta(milliseconds=first_ms)
        except (ValueError, OverflowError):
            continue
        return started_at, "start time by the documentary frame, which gives it to the minute"
    return None, "start time unknown: there is no documentary frame with a date"
