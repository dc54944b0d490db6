"""Decodes IRIG 106 Chapter 10 recordings.

A declared PCM channel goes to the decoder of ARINC 717 frames; without one, discrete channels and
declared words of MIL-STD-1553 messages become parameters. Everything else is listed by channel and
data type.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.irig106.bit_stream import join_pieces
from dataflow_health.flight.irig106.bus_messages import bus_series, read_messages
from dataflow_health.flight.irig106.channel_index import SETUP, list_channels
from dataflow_health.flight.irig106.packet_time import read_time, start_of
from dataflow_health.flight.irig106.packets import (
    SYNC,
    TICKS_PER_SECOND,
    PacketList,
    read_packets,
)
from dataflow_health.flight.irig106.payloads import (
    DiscreteEvent,
    read_discretes,
    read_stream_pieces,
)
from dataflow_health.flight.layout import Layout, Parameter, Part
from dataflow_health.flight.recorder import Arinc717Recorder, Irig106Recorder, Recorder
from dataflow_health.flight.recording import DecodedRecording, Decoder, Series, UnsyncedRegion

_MIN_PACKET_SHARE = 0.2
"""Share of bytes inside packets below which a recording is refused."""

_MAX_SECONDS = 30 * 24 * 3600
"""Longest recording; a counter beyond it is damaged."""


def decode(
    frame_decoder: Decoder, raw: bytes, recorder: Recorder, layout: Layout | None
) -> DecodedRecording:
    """Decodes one recording; with the first argument bound, a ``Decoder``.

    Args:
        frame_decoder: Decoder of ARINC 717 frames.
        raw: The whole file.
        recorder: Of kind ``irig106``.
        layout: Layout of the frames on the declared PCM channel.

    Returns:
        Parameters of the PCM channel, else of the discrete channels and buses; channels as notes.
        Byte offsets of unsynced regions count within the stream of the PCM channel.

    Raises:
        RecordingRefused: ``no_sync``, ``no_decodable_channel``, ``pcm_not_throughput``,
            ``clock_damaged``, or a reason of the frame decoder.
        TypeError: The recorder is of another kind.
    """
    if not isinstance(recorder, Irig106Recorder):
        raise TypeError(f"recorder of kind {recorder.kind} given to the IRIG 106 decoder")
    found = read_packets(raw)
    _refuse_no_sync(raw, found)
    if recorder.pcm_channel is None:
        decoded = _decode_events(raw, found, recorder)
    else:
        decoded = _decode_pcm(frame_decoder, raw, found, recorder, layout)
    return replace(decoded, notes=(*decoded.notes, *_notes(found)))


def _refuse_no_sync(raw: bytes, found: PacketList) -> None:
    held = sum(packet.length for packet in (*found.packets, *found.damaged))
    if not found.packets or held < _MIN_PACKET_SHARE * len(raw):
        at = max(raw.find(SYNC), 0)
        share = held / max(len(raw), 1)
        detail = f"{share:.1%} of the bytes are in packets of IRIG 106 Chapter 10 (sync EB25), "
        detail += f"{len(found.damaged)} packets have wrong checksums"
        raise RecordingRefused("no_sync", detail, byte_offset=at, evidence=raw[at:][:64])


def _notes(found: PacketList) -> list[str]:
    notes = list_channels(found.packets)
    if found.damaged:
        first = found.damaged[0].offset
        notes.append(f"{len(found.damaged)} packets with a wrong checksum, first at byte {first}")
    if found.unsynced:
        lost = sum(region.length for region in found.unsynced)
        first = found.unsynced[0].byte_offset
        notes.append(f"{lost} bytes belong to no packet, first at byte {first}")
    return notes


def _decode_pcm(
    frame_decoder: Decoder,
    raw: bytes,
    found: PacketList,
    recorder: Irig106Recorder,
    layout: Layout | None,
) -> DecodedRecording:
    """The frames of the declared PCM channel."""
    channel = recorder.pcm_channel or 0
    pieces = read_stream_pieces(raw, found.packets, channel)
    if pieces is None:
        detail = (
            f"PCM channel {channel} is not in throughput mode of 16-bit words, the only one read"
        )
        raise _refuse("pcm_not_throughput", detail, raw, found)
    if not any(piece.data for piece in pieces):
        raise _refuse("no_decodable_channel", f"channel {channel} has no PCM packet", raw, found)
    stream = join_pieces(pieces, channel)
    frames = Arinc717Recorder(kind="arinc717", members=recorder.members, word_packings=("packed",))
    decoded = frame_decoder(stream.data, frames, layout)
    decoded = replace(
        decoded,
        unsynced=tuple(_without_fills(decoded.unsynced, stream.fills)),
        lost_s=max(decoded.lost_s - stream.paused_s, 0),
        notes=(*decoded.notes, *stream.notes),
    )
    if decoded.started_at is not None or decoded.clock_s is not None:
        return decoded
    started_at, clock_s = start_of(read_time(raw, found.packets), pieces[0].counter)
    return replace(decoded, started_at=started_at, clock_s=clock_s)


def _without_fills(
    regions: Iterable[UnsyncedRegion], fills: Sequence[tuple[int, int]]
) -> Iterator[UnsyncedRegion]:
    """Regions less the zeros of gaps in them, which are no recorded bytes."""
    for region in regions:
        low, high = region.byte_offset, region.byte_offset + region.length
        filled = sum(max(min(high, end) - max(low, begin), 0) for begin, end in fills)
        if filled < region.length:
            yield replace(region, length=region.length - filled)


def _decode_events(raw: bytes, found: PacketList, recorder: Irig106Recorder) -> DecodedRecording:
    """The bits of all discrete channels and the declared words of buses, at their seconds."""
    timed = [packet.counter for packet in found.packets if packet.data_type != SETUP]
    events = sorted(read_discretes(raw, found.packets), key=lambda event: event.counter)
    messages = list(read_messages(raw, found.packets)) if recorder.bus_words else []
    counters = [*timed, *(event.counter for event in events)]
    counters += [message.counter for message in messages]
    first = min(counters, default=0)
    words = bus_series(messages, recorder.bus_words, first)
    if not events and not words:
        lacking = "no declared bus word is in it, " if recorder.bus_words else ""
        detail = f"no PCM channel is declared, {lacking}and there is no discrete channel to read"
        raise _refuse("no_decodable_channel", detail, raw, found)
    duration_s = (max(counters) - first) // TICKS_PER_SECOND + 1
    if duration_s > _MAX_SECONDS:
        detail = f"time counters span {duration_s} s, at most {_MAX_SECONDS} are possible"
        raise _refuse("clock_damaged", detail, raw, found)
    started_at, clock_s = start_of(read_time(raw, found.packets), first)
    return DecodedRecording(
        second=np.arange(duration_s, dtype=np.int32),
        series=_series(events, first) | words,
        started_at=started_at,
        encoding="irig106",
        duration_s=duration_s,
        lost_s=0,
        clock_s=clock_s,
    )


def _refuse(reason: str, detail: str, raw: bytes, found: PacketList) -> RecordingRefused:
    """The refusal of a file whose channels are named."""
    listed = "; ".join(list_channels(found.packets))
    at = found.packets[0].offset
    detail = f"{detail}. IRIG 106 Chapter 10 with {listed}"
    return RecordingRefused(reason, detail, byte_offset=at, evidence=raw[at:][:64])


def _series(events: Sequence[DiscreteEvent], first: int) -> dict[str, Series]:
    """One parameter for each bit; the last event of a second counts."""
    by_channel: dict[int, dict[int, DiscreteEvent]] = {}
    for event in events:
        row = (event.counter - first) // TICKS_PER_SECOND
        by_channel.setdefault(event.channel, {})[row] = event
    return {
        f"channel_{channel}_bit_{bit + 1}": _bit_series(channel, bit, at_rows)
        for channel, at_rows in sorted(by_channel.items())
        for bit in range(max(event.width for event in at_rows.values()))
    }


def _bit_series(channel: int, bit: int, at_rows: dict[int, DiscreteEvent]) -> Series:
    parameter = Parameter(
        describes=f"Bit {bit + 1} of discrete channel {channel}.",
        coding="discrete",
        samples=((Part(word=bit + 1, bits=(1, 1)),),),
    )
    rows = np.array(sorted(at_rows), np.int32)
    counts = np.array([at_rows[row].bits >> bit & 1 for row in sorted(at_rows)], np.int32)
    return Series(parameter, rows, counts[:, None], (0.0,))
