"""Reads time packets: what the recorder's 10 MHz counter reads at which time of day.

IRIG time has the day of the year and no year; other sources give the date (IRIG 106-17, 10.6.3).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from dataflow_health.flight.irig106.channel_index import TIME
from dataflow_health.flight.irig106.packets import TICKS_PER_SECOND, Packet

_HAS_DATE = 1 << 9
_DAY_S = 86_400


class PacketTime(NamedTuple):
    """Time of one counter value.

    Attributes:
        counter: Relative time counter.
        second_of_day: Time of day in seconds, with hundredths.
        date: Midnight of its day, UTC; None when the packet has no year.
        day_of_year: From 1; None when the packet has the date.
    """

    counter: int
    second_of_day: float
    date: datetime | None
    day_of_year: int | None


def read_time(raw: bytes, packets: Sequence[Packet]) -> PacketTime | None:
    """The first valid time packet, None when there is none."""
    times = (_read(packet, packet.data(raw)) for packet in packets if packet.data_type == TIME)
    return next((found for found in times if found), None)


def start_of(known: PacketTime | None, counter: int) -> tuple[datetime | None, int | None]:
    """UTC time and second of the day of a counter value; each None when it is unknown."""
    if known is None:
        return None, None
    passed_s = (counter - known.counter) / TICKS_PER_SECOND
    second_of_day = int((known.second_of_day + passed_s) % _DAY_S)
    if known.date is None:
        return None, second_of_day
    try:
        exact = known.date + timedelta(seconds=known.second_of_day + passed_s)
    except OverflowError:
        return None, second_of_day
    return exact.replace(microsecond=0), second_of_day


def _read(packet: Packet, data: bytes) -> PacketTime | None:
    """Time of a packet; None when it is too short or has an impossible digit."""
    has_date = bool(int.from_bytes(data[:4], "little") & _HAS_DATE)
    words = [int.from_bytes(data[at : at + 2], "little") for at in range(4, len(data) - 1, 2)]
    if len(words) < (4 if has_date else 3):
        return None
    milliseconds = 10 * _decimal(words[0] & 0xFF)
    second, minute = _decimal(words[0] >> 8 & 0x7F), _decimal(words[1] & 0x7F)
    hour = _decimal(words[1] >> 8 & 0x3F)
    if min(milliseconds, second, minute, hour) < 0 or second > 59 or minute > 59 or hour > 23:
        return None
    second_of_day = hour * 3600 + minute * 60 + second + milliseconds / 1000
    if not has_date:
        day = _decimal(words[2] & 0x3FF)
        return PacketTime(packet.counter, second_of_day, None, day) if 0 < day < 367 else None
    day, month = _decimal(words[2] & 0xFF), _decimal(words[2] >> 8 & 0x1F)
    try:
        date = datetime(_decimal(words[3] & 0x3FFF), month, day, tzinfo=UTC)
    except ValueError:
        return None
    return PacketTime(packet.counter, second_of_day, date, None)


def _decimal(bits: int) -> int:
    """Number of four-bit decimal digits; hugely negative when a digit is above 9."""
    number = sum((bits >> 4 * place & 0xF) * 10**place for place in range(4))
    is_decimal = all(bits >> 4 * place & 0xF <= 9 for place in range(4))
    return number if is_decimal else -(10**6)
