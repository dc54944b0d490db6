import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.irig106.packets import read_packets
from dataflow_health_tests.flight.irig106.packet_writer import packet, setup

DATA = Path(__file__).parents[3].parent / "shared/data/irig106_chapter10"


@pytest.mark.parametrize("checksum", [0, 1, 2, 4])
@pytest.mark.parametrize("secondary", [False, True])
def test_header_and_data_are_read(checksum, secondary):
    raw = packet(0x38, 77, b"wordsof429", counter=2**40 + 5, checksum=checksum, secondary=secondary)
    (found,) = read_packets(setup() + raw).packets[1:]
    assert (found.channel, found.data_type, found.counter) == (77, 0x38, 2**40 + 5)
    assert (found.offset, found.length) == (len(setup()), len(raw))
    assert found.data(setup() + raw) == b"wordsof429"


@pytest.mark.parametrize("checksum", [1, 2, 4])
def test_wrong_data_are_named_damaged(checksum):
    raw = bytearray(packet(0x38, 77, b"words of429!", checksum=checksum))
    raw[30] ^= 1
    found = read_packets(bytes(raw))
    assert (len(found.packets), len(found.damaged), found.unsynced) == (0, 1, ())


def test_after_a_wrong_header_the_next_packet_is_found():
    good, bad = packet(0x38, 1, b"data"), bytearray(packet(0x38, 2, b"\x25\xebxxxx"))
    bad[2] ^= 1
    found = read_packets(good + bad + good)
    assert [each.offset for each in found.packets] == [0, len(good + bad)]
    (region,) = found.unsynced
    assert (region.byte_offset, region.length) == (len(good), len(bad))


def test_a_packet_that_is_cut_off_or_longer_than_its_length_is_none():
    good = packet(0x38, 1, b"data")
    assert read_packets(good[:-1]).packets == ()
    assert read_packets(good[:20]).packets == ()
    assert read_packets(b"").unsynced == ()


@given(st.binary(max_size=80), st.integers(0, 100))
def test_packets_and_gaps_fill_the_file(noise, at):
    raw = packet(0x38, 1, b"data") * 3
    raw = raw[:at] + noise + raw[at:]
    found = read_packets(raw)
    held = sum(each.length for each in (*found.packets, *found.damaged))
    assert held + sum(each.length for each in found.unsynced) == len(raw)


@pytest.mark.skipif(not DATA.exists(), reason="the real recordings lie beside the repository")
@pytest.mark.parametrize("name", ["pcm.c10", "discrete.c10"])
def test_packets_of_a_real_file_are_those_of_another_reader(name):
    known = json.loads((DATA / "known_answers.json").read_text())[name]
    found = read_packets((DATA / name).read_bytes())
    assert (found.damaged, found.unsynced) == ((), ())
    assert Counter((f"0x{each.data_type:02x}", each.channel) for each in found.packets) == {
        (each["data_type"], each["channel"]): each["packets"]
        for each in known["packets_by_type_and_channel"]
    }
    measured = [each.counter for each in found.packets if each.data_type != 0x01]
    assert (max(measured) - min(measured)) / 1e7 == pytest.approx(known["rtc_span_s"])
