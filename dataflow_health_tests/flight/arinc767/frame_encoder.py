"""Writes small ARINC 767 recordings for the tests."""

from collections.abc import Iterable

from dataflow_health.flight.layout import FrameBits, Layout, Parameter


def frame(number: int, tag_ms: int, data: bytes) -> bytes:
    data = data.ljust(2, b"\0")  # the shortest frame has 14 bytes
    head = b"\xeb\x90" + (len(data) + 12).to_bytes(2) + tag_ms.to_bytes(4) + bytes([0, number])
    return head + data + bytes([0, number])


def documentary(date: str = "2026/05/06-07:08", standard: str = "647A-00") -> bytes:
    fields = ((standard, 8), ("CONFIG", 32), ("HB-ZAA", 8), ("FDAU", 64), (date, 16))
    return frame(1, 0, b"".join(text.encode().ljust(size) for text, size in fields))


def pack(*fields: tuple[int, int]) -> bytes:
    """Values and widths end to end, the last byte padded."""
    bits = "".join(f"{value & (1 << width) - 1:0{width}b}" for value, width in fields)
    return bytes(int(bits[at : at + 8].ljust(8, "0"), 2) for at in range(0, len(bits), 8))


def placed(bit: int, width: int, number: int = 3, **keys: object) -> Parameter:
    return Parameter(place=FrameBits(frame=number, bit=bit, width=width), **keys)


def recording(tags_ms: Iterable[int], first: int = 0) -> bytes:
    """Frames of id 3 with an 8-bit counter and a 12-bit one that falls."""
    return documentary() + b"".join(
        frame(3, tag, pack((first + at, 8), (-at, 12))) for at, tag in enumerate(tags_ms)
    )


LAYOUT = Layout(
    parameters={"up": placed(1, 8), "down": placed(9, 12, coding="bnr"), "other": placed(1, 8, 9)}
)
