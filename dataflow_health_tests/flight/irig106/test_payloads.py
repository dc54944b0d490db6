import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.irig106.packets import read_packets
from dataflow_health.flight.irig106.payloads import (
    DiscreteEvent,
    read_discretes,
    read_stream_pieces,
)
from dataflow_health_tests.flight.frame_encoder import pack
from dataflow_health_tests.flight.irig106.packet_writer import THROUGHPUT, discrete, packet, pcm
from dataflow_health_tests.flight.irig106.test_packets import DATA


def stream(raw: bytes, channel: int = 9) -> bytes | None:
    pieces = read_stream_pieces(raw, read_packets(raw).packets, channel)
    return None if pieces is None else b"".join(piece.data for piece in pieces)


@given(st.lists(st.text("01", min_size=16, max_size=16), min_size=1, max_size=9))
def test_bits_keep_their_order_in_time(words):
    bits = "".join(words)
    assert stream(
        pcm(9, bits[:16]) + pcm(8, "1" * 16) + (pcm(9, bits[16:]) if bits[16:] else b"")
    ) == (pack(bits))


@pytest.mark.parametrize("mode", [0, 1 << 18, 1 << 19, THROUGHPUT | 1 << 21])
def test_another_mode_is_not_read(mode):
    assert stream(pcm(9, "1" * 16, mode=mode)) is None
    assert stream(pcm(9, "1" * 16, mode=mode), channel=8) == b""


def test_events_of_discrete_channels_are_read():
    raw = discrete(54, (7, 0xFFFF_FFFF), (9, 1), width=3) + discrete(55, (2**40, 0x8000_0000))
    assert list(read_discretes(raw, read_packets(raw).packets)) == [
        DiscreteEvent(54, 7, 0b111, 3),
        DiscreteEvent(54, 9, 1, 3),
        DiscreteEvent(55, 2**40, 0x8000_0000, 32),
    ]


@given(st.binary(max_size=40), st.sampled_from([0x09, 0x29]))
def test_any_data_are_read(data, data_type):
    raw = packet(data_type, 9, data)
    assert stream(raw) is None or len(stream(raw)) <= len(data)
    assert len(list(read_discretes(raw, read_packets(raw).packets))) <= len(data) // 12


@pytest.mark.skipif(not DATA.exists(), reason="the real recordings lie beside the repository")
def test_the_frames_of_a_real_channel_stand_in_its_stream():
    found = stream((DATA / "pcm.c10").read_bytes(), 52)
    bits = "".join(f"{octet:08b}"[::-1] for octet in found)
    sync = f"{0xFE6B2840:032b}"
    assert bits.find(sync) == 393
    assert all(bits.startswith(sync, 393 + 512 * frame) for frame in range(512 - 1))
