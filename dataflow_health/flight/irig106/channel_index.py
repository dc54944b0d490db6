"""Lists the channels of an IRIG 106 Chapter 10 file and names their data types."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from dataflow_health.flight.irig106.packets import Packet

SETUP, TIME, PCM, DISCRETE, BUS_1553 = 0x01, 0x11, 0x09, 0x29, 0x19

_FAMILIES = {
    0x00: "computer-generated", 0x08: "PCM", 0x10: "time", 0x18: "MIL-STD-1553", 0x20: "analog",
    0x28: "discrete", 0x30: "message", 0x38: "ARINC 429", 0x40: "video", 0x48: "image",
    0x50: "UART", 0x58: "IEEE 1394", 0x60: "parallel", 0x68: "Ethernet", 0x70: "TSPI and CTS",
    0x78: "CAN bus", 0x80: "Fibre Channel",
}  # fmt: skip
"""Data types by family (IRIG 106-17, table 10-8); the three lowest bits are the format."""

_COMPUTER_GENERATED = {
    0: "user data",
    1: "TMATS setup",
    2: "recording events",
    3: "recording index",
}


def type_name(data_type: int) -> str:
    """Name of a data type, such as ``PCM format 1 (0x09)``."""
    family = _FAMILIES.get(data_type & 0xF8, "unknown data")
    name = f"{family} format {data_type & 7}"
    if data_type in _COMPUTER_GENERATED:
        name = _COMPUTER_GENERATED[data_type]
    return f"{name} (0x{data_type:02X})"


def list_channels(packets: Iterable[Packet]) -> list[str]:
    """A line for each data type: its name, channels and number of packets."""
    ordered = sorted(packets, key=lambda packet: packet.data_type)
    lines = []
    for data_type, group in groupby(ordered, key=lambda packet: packet.data_type):
        of_type = list(group)
        channels = sorted({packet.channel for packet in of_type})
        plural = "s" if len(of_type) > 1 else ""
        lines.append(
            f"{type_name(data_type)}: {len(of_type)} packet{plural} "
            f"on channel{'s' if len(channels) > 1 else ''} {_ranges(channels)}"
        )
    return lines


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers with runs joined, such as ``51-56, 60``."""
    starts = [n for at, n in enumerate(numbers) if not at or numbers[at - 1] != n - 1]
    ends = [n for at, n in enumerate(numbers) if numbers[at + 1 : at + 2] != [n + 1]]
    pairs = zip(starts, ends, strict=True)
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in pairs)
