"""Writes small IRIG 106 Chapter 10 files for the tests, without the decoder's code."""

import struct

CHECKSUM_FLAGS = {0: 0, 1: 1, 2: 2, 4: 3}
IRIG_TIME, THROUGHPUT = 0x00, 1 << 20


def packet(
    data_type: int,
    channel: int,
    data: bytes,
    *,
    counter: int = 0,
    checksum: int = 4,
    secondary: bool = False,
    sequence: int = 0,
) -> bytes:
    """A packet with a data checksum of some bytes, filled up to four."""
    filler = bytes(-(len(data) + checksum) % 4)
    body = data + filler
    starts = range(0, len(body), checksum or len(body) + 1)
    total = sum(int.from_bytes(body[at : at + checksum], "little") for at in starts)
    tail = (total % (1 << 8 * checksum)).to_bytes(checksum, "little")
    length = 24 + 12 * secondary + len(body) + len(tail)
    flags = CHECKSUM_FLAGS[checksum] | (0x80 if secondary else 0)
    head = struct.pack(
        "<HHIIBBBB", 0xEB25, channel, length, len(data), 3, sequence, flags, data_type
    )
    head += counter.to_bytes(6, "little")
    total = sum(struct.unpack("<11H", head)) & 0xFFFF
    return head + struct.pack("<H", total) + bytes(12 * secondary) + body + tail


def setup() -> bytes:
    return packet(0x01, 0, bytes(4) + rb"G\PN:test;", counter=10**14)


def irig_time(counter: int, day: int, hour: int, minute: int, second: int) -> bytes:
    """A time packet with the day of the year and no year."""
    words = (_bcd(second) << 8, _bcd(hour) << 8 | _bcd(minute), _bcd(day), 0)
    return packet(0x11, 1, bytes(4) + struct.pack("<4H", *words), counter=counter)


def date_time(counter: int, year: int, month: int, day: int, hour: int) -> bytes:
    """A time packet with the date."""
    words = (0, _bcd(hour) << 8, _bcd(month) << 8 | _bcd(day), _bcd(year))
    word = struct.pack("<I", 1 << 9)
    return packet(0x11, 1, word + struct.pack("<4H", *words), counter=counter)


def discrete(channel: int, *events: tuple[int, int], width: int = 32) -> bytes:
    """A packet of (counter, bits)."""
    word = struct.pack("<I", (width % 32) << 3 | 1)
    body = b"".join(
        counter.to_bytes(6, "little") + bytes(2) + struct.pack("<I", bits)
        for counter, bits in events
    )
    return packet(0x29, channel, word + body, counter=events[0][0] if events else 0)


def pcm(
    channel: int, bits: str, *, mode: int = THROUGHPUT, counter: int = 0, sequence: int = 0
) -> bytes:
    """A packet of a bit stream in order of time, a multiple of 16 bits."""
    words = [int(bits[at : at + 16], 2) for at in range(0, len(bits), 16)]
    body = struct.pack(f"<{len(words)}H", *words)
    data = struct.pack("<I", mode) + body
    return packet(0x09, channel, data, counter=counter, sequence=sequence)


def _bcd(number: int) -> int:
    return int(str(number), 16)


def command(terminal: int, subaddress: int, count: int, *, is_sent: bool) -> int:
    """A command word of MIL-STD-1553."""
    return terminal << 11 | is_sent << 10 | subaddress << 5 | count % 32


def bus(channel: int, *messages: tuple[int, list[int]], status: int = 0) -> bytes:
    """A packet of (counter, words as on the bus)."""
    body = b"".join(
        counter.to_bytes(8, "little")
        + struct.pack("<3H", status, 0, 2 * len(words))
        + struct.pack(f"<{len(words)}H", *words)
        for counter, words in messages
    )
    word = struct.pack("<I", 1 << 30 | len(messages))
    return packet(0x19, channel, word + body, counter=messages[0][0])
