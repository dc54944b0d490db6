"""Reads the packets of an IRIG 106 Chapter 10 file: headers, checksums and data.

A header has 24 bytes, little-endian (IRIG 106-17, 10.6.1.1): sync word EB25, channel, length of the
packet and of its data, version, sequence number, flags, data type, 48 bits of a 10 MHz counter, and
the sum of the words before.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from dataflow_health.flight.recording import UnsyncedRegion

SYNC = b"\x25\xeb"
HEADER_BYTES, SECONDARY_HEADER_BYTES = 24, 12
TICKS_PER_SECOND = 10_000_000

_HEADER = struct.Struct("<HHIIBBBBIHH")
_HAS_SECONDARY_HEADER = 0x80
_CHECKSUM_BYTES = {0: 0, 1: 1, 2: 2, 3: 4}
"""Size of the data checksum by the two lowest flags."""


class Packet(NamedTuple):
    """Header of a packet.

    Attributes:
        offset: Byte of its sync word.
        channel: Channel ID.
        length: Length in bytes, header and filler included.
        data_length: Bytes of data, the channel-specific word included.
        sequence: Sequence number of the channel, 0 to 255.
        flags: Packet flags.
        data_type: Data type, such as 0x09 for PCM.
        counter: Relative time counter, in ticks of 100 ns.
    """

    offset: int
    channel: int
    length: int
    data_length: int
    sequence: int
    flags: int
    data_type: int
    counter: int

    @property
    def data_offset(self) -> int:
        """Byte at which the data start."""
        extra = SECONDARY_HEADER_BYTES if self.flags & _HAS_SECONDARY_HEADER else 0
        return self.offset + HEADER_BYTES + extra

    def data(self, raw: bytes) -> bytes:
        """The data, without filler and checksum."""
        return raw[self.data_offset : self.data_offset + self.data_length]


class PacketList(NamedTuple):
    """The packets of a file.

    Attributes:
        packets: Packets with a right header and right data, in the file's order.
        damaged: Packets whose data do not have their checksum.
        unsynced: Regions that belong to no packet.
    """

    packets: tuple[Packet, ...]
    damaged: tuple[Packet, ...]
    unsynced: tuple[UnsyncedRegion, ...]


def read_packets(raw: bytes) -> PacketList:
    """All packets of a file; after damage the next right header is searched."""
    good: list[Packet] = []
    damaged: list[Packet] = []
    unsynced: list[UnsyncedRegion] = []
    end = 0
    for packet in _headers(raw):
        if packet.offset > end:
            unsynced.append(UnsyncedRegion(end, packet.offset - end, 0))
        (good if _has_right_data(raw, packet) else damaged).append(packet)
        end = packet.offset + packet.length
    if end < len(raw):
        unsynced.append(UnsyncedRegion(end, len(raw) - end, 0))
    return PacketList(tuple(good), tuple(damaged), tuple(unsynced))


def _headers(raw: bytes) -> Iterator[Packet]:
    at = raw.find(SYNC)
    while at >= 0:
        packet = _header(raw, at)
        if packet is None:
            at = raw.find(SYNC, at + 1)
        else:
            yield packet
            at = raw.find(SYNC, at + packet.length)


def _header(raw: bytes, at: int) -> Packet | None:
    """The header at an offset; None when its sum or its lengths are wrong, or bytes are missing."""
    header = raw[at : at + HEADER_BYTES]
    if len(header) < HEADER_BYTES:
        return None
    _, channel, length, data_length, _, sequence, flags, data_type, low, high, total = (
        _HEADER.unpack(header)
    )
    if sum(struct.unpack("<11H", header[:-2])) & 0xFFFF != total:
        return None
    packet = Packet(at, channel, length, data_length, sequence, flags, data_type, high << 32 | low)
    needed = packet.data_offset - at + data_length + _CHECKSUM_BYTES[flags & 3]
    return packet if needed <= length <= len(raw) - at else None


def _has_right_data(raw: bytes, packet: Packet) -> bool:
    """True when the data checksum, at the packet's end, is right or absent."""
    size = _CHECKSUM_BYTES[packet.flags & 3]
    end = packet.offset + packet.length
    if not size:
        return True
    body = raw[packet.data_offset : end - size]
    if len(body) % size:
        return False
    words = np.frombuffer(body, f"<u{size}")
    total = int(words.sum(dtype=np.uint64)) % (1 << 8 * size)
    return total == int.from_bytes(raw[end - size : end], "little")
