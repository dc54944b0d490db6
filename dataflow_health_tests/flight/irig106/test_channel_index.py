import pytest

from dataflow_health.flight.irig106.channel_index import list_channels, type_name
from dataflow_health.flight.irig106.packets import read_packets
from dataflow_health_tests.flight.irig106.packet_writer import packet, setup


@pytest.mark.parametrize(
    ("data_type", "name"),
    [
        (0x01, "TMATS setup (0x01)"),
        (0x04, "computer-generated format 4 (0x04)"),
        (0x09, "PCM format 1 (0x09)"),
        (0x1A, "MIL-STD-1553 format 2 (0x1A)"),
        (0xF9, "unknown data format 1 (0xF9)"),
    ],
)
def test_a_data_type_has_its_name(data_type, name):
    assert type_name(data_type) == name


def test_channels_are_listed_by_type():
    channels = (51, 52, 53, 60, 60)
    raw = setup() + b"".join(packet(0x09, channel, b"data") for channel in channels)
    assert list_channels(read_packets(raw).packets) == [
        "TMATS setup (0x01): 1 packet on channel 0",
        "PCM format 1 (0x09): 5 packets on channels 51-53, 60",
    ]
    assert list_channels([]) == []
