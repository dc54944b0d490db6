"""Reads the data of packets: the bit stream of PCM channels, and discrete events.

The first four bytes are the channel-specific word (IRIG 106-17, 10.6.2 and 10.6.6).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from dataflow_health.flight.irig106.channel_index import DISCRETE, PCM
from dataflow_health.flight.irig106.packets import Packet

_WORD_BYTES = 4
_THROUGHPUT = 1 << 20
_THIRTY_TWO_BIT = 1 << 21
_EVENT_BYTES = 12
_MAX_BITS = 32
_REVERSED = np.array([int(f"{octet:08b}"[::-1], 2) for octet in range(256)], np.uint8)


class DiscreteEvent(NamedTuple):
    """State of a discrete channel.

    Attributes:
        channel: Channel ID.
        counter: Relative time counter.
        bits: States of all bits, the first the lowest.
        width: Number of bits.
    """

    channel: int
    counter: int
    bits: int
    width: int


class StreamPiece(NamedTuple):
    """Bits of one packet of a PCM channel.

    Attributes:
        counter: Relative time counter of the first bit.
        sequence: Sequence number of the packet, 0 to 255.
        data: Bits in order of time, the first the lowest of the first byte.
    """

    counter: int
    sequence: int
    data: bytes


def read_stream_pieces(
    raw: bytes, packets: Sequence[Packet], channel: int
) -> list[StreamPiece] | None:
    """The bits of each packet of a PCM channel, in the file's order.

    Returns:
        None when a packet of the channel is not in throughput mode of 16-bit words: frames then
        stand between headers whose length only the setup record knows.
    """
    pieces = []
    for packet in packets:
        if packet.data_type != PCM or packet.channel != channel:
            continue
        data = packet.data(raw)
        if _channel_word(data) & (_THROUGHPUT | _THIRTY_TWO_BIT) != _THROUGHPUT:
            return None
        pieces.append(StreamPiece(packet.counter, packet.sequence, _bits_in_order(data)))
    return pieces


def read_discretes(raw: bytes, packets: Sequence[Packet]) -> Iterator[DiscreteEvent]:
    """All events of all discrete channels, in the file's order."""
    for packet in packets:
        if packet.data_type != DISCRETE:
            continue
        data = packet.data(raw)
        width = (_channel_word(data) >> 3 & 0x1F) or _MAX_BITS
        for at in range(_WORD_BYTES, len(data) - _EVENT_BYTES + 1, _EVENT_BYTES):
            counter = int.from_bytes(data[at : at + 6], "little")
            bits = int.from_bytes(data[at + 8 : at + _EVENT_BYTES], "little")
            yield DiscreteEvent(packet.channel, counter, bits & (1 << width) - 1, width)


def _channel_word(data: bytes) -> int:
    return int.from_bytes(data[:_WORD_BYTES], "little")


def _bits_in_order(data: bytes) -> bytes:
    """Words of 16 bits whose highest bit came first, as a stream of the lowest bit first."""
    body = data[_WORD_BYTES : len(data) - len(data) % 2]
    octets = np.frombuffer(body, np.uint8).reshape(-1, 2)
    return _REVERSED[octets[:, ::-1]].tobytes()
