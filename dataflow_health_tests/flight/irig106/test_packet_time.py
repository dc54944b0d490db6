import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.irig106.packet_time import PacketTime, read_time, start_of
from dataflow_health.flight.irig106.packets import read_packets
from dataflow_health_tests.flight.irig106.packet_writer import date_time, irig_time, packet
from dataflow_health_tests.flight.irig106.test_packets import DATA

SECOND = 10_000_000


def time_of(raw: bytes) -> PacketTime | None:
    return read_time(raw, read_packets(raw).packets)


def test_irig_time_has_the_day_of_the_year_and_no_date():
    found = time_of(irig_time(5 * SECOND, 97, 9, 3, 6))
    assert found == PacketTime(5 * SECOND, 9 * 3600 + 186, None, 97)
    assert start_of(found, 3 * SECOND) == (None, 9 * 3600 + 184)
    assert start_of(time_of(irig_time(5 * SECOND, 97, 0, 0, 1)), 0) == (None, 86_396)


def test_other_times_have_the_date():
    found = time_of(date_time(5 * SECOND, 2026, 11, 28, 7))
    assert start_of(found, 0) == (datetime(2026, 11, 28, 6, 59, 55, tzinfo=UTC), 7 * 3600 - 5)


def test_without_a_time_packet_nothing_is_known():
    assert time_of(packet(0x38, 1, b"data")) is None
    assert start_of(None, 5) == (None, None)
    far = PacketTime(0, 0.0, datetime(9999, 12, 31, tzinfo=UTC), None)
    assert start_of(far, 2**48 - 1) == (None, 67497)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(8),
        bytes(4) + struct.pack("<4H", 0x6000, 0, 1, 0),
        bytes(4) + struct.pack("<4H", 0, 0x2400, 1, 0),
        bytes(4) + struct.pack("<4H", 0, 0x000F, 1, 0),
        bytes(4) + struct.pack("<4H", 0, 0, 0, 0),
        struct.pack("<I4H", 1 << 9, 0, 0, 0x1301, 0x2026),
        struct.pack("<I3H", 1 << 9, 0, 0, 0x1101),
    ],
)
def test_an_impossible_time_is_passed_over(data):
    good = irig_time(0, 97, 9, 3, 6)
    assert time_of(packet(0x11, 1, data)) is None
    assert time_of(packet(0x11, 1, data) + good) == time_of(good)


@given(st.binary(max_size=16))
def test_any_time_packet_is_read_or_passed_over(data):
    found = time_of(packet(0x11, 1, data))
    assert found is None or 0 <= found.second_of_day < 86_400


@pytest.mark.skipif(not DATA.exists(), reason="the real recordings lie beside the repository")
def test_the_time_of_a_real_file_is_that_of_another_reader():
    found = time_of((DATA / "discrete.c10").read_bytes())
    assert found == PacketTime(28892518346, 21 * 3600 + 19 * 60 + 58, None, 22)
