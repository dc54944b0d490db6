"""Words of MIL-STD-1553: own small files, and the messages of a real one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from dataflow_health.flight.irig106.bus_messages import BusKey, bus_series, read_messages
from dataflow_health.flight.irig106.packets import read_packets
from dataflow_health.flight.parameter import to_values
from dataflow_health.flight.recorder import BusWord, Irig106Recorder
from dataflow_health.flight.recording import MISSING
from dataflow_health_tests.flight.irig106.packet_writer import bus, command, setup
from dataflow_health_tests.flight.irig106.test_decoder import SECOND, decode, refusal
from dataflow_health_tests.flight.irig106.test_packets import DATA

SENT = command(5, 3, 2, is_sent=True)
STATUS = 5 << 11
TORQUE = {"channel": 87, "terminal": 5, "subaddress": 3, "word": 2}


def recorder(**words: Mapping[str, Any]) -> Irig106Recorder:
    return Irig106Recorder(kind="irig106", members=("x",), bus_words=words)


def test_a_declared_word_is_a_parameter_with_every_sample_of_a_second() -> None:
    messages = [(SECOND * n // 2, [SENT, STATUS, 7, 0xFFFF - n]) for n in range(5)]
    torque = TORQUE | {"scale": 0.5, "unit": "%", "valid_range": (-10, 150)}
    found = decode(
        setup() + bus(87, *messages), recorder(torque=torque, absent=TORQUE | {"word": 3}), None
    )
    assert list(found.series) == ["torque"]
    series = found.series["torque"]
    assert series.rows.tolist() == [0, 1, 2]
    assert series.counts.tolist() == [[-1, -2], [-3, -4], [-5, MISSING]]
    assert to_values(series)[0].tolist() == [-0.5, -1.0]
    assert series.offsets_s == (0.0, 0.5)
    assert (series.parameter.unit, series.parameter.rate_hz) == ("%", 2.0)
    assert found.duration_s == 3


@pytest.mark.parametrize(
    ("bits", "coding", "count"),
    [((1, 4), "unsigned", 0xA), ((13, 16), "unsigned", 5), ((1, 16), "bnr", 0xA005 - 0x10000),
     ((16, 16), "discrete", 1), ((1, 1), "discrete", 1)],
)  # fmt: skip
def test_bit_one_is_the_most_significant(bits: tuple[int, int], coding: str, count: int) -> None:
    word = BusWord.model_validate(TORQUE | {"bits": bits, "coding": coding})
    raw = bus(87, (0, [SENT, STATUS, 0, 0xA005]))
    (message,) = read_messages(raw, read_packets(raw).packets)
    assert bus_series([message], {"word": word}, 0)["word"].counts.tolist() == [[count]]


def test_data_stand_behind_commands_and_the_status_of_the_sender() -> None:
    received = command(4, 2, 2, is_sent=False)
    for words, keys in (
        ([SENT, STATUS, 7, 8], [(5, True, 3)]),
        ([received, 7, 8, 4 << 11], [(4, False, 2)]),
    ):
        raw = bus(87, (0, words))
        found = list(read_messages(raw, read_packets(raw).packets))
        assert [(each.key, list(each.words)) for each in found] == [
            (BusKey(87, *key), [7, 8]) for key in keys
        ]
    raw = bus(87, (0, [received, SENT, STATUS, 7, 8, 4 << 11]), status=1 << 11)
    found = list(read_messages(raw, read_packets(raw).packets))
    assert [(each.key[1:], list(each.words)) for each in found] == [
        ((4, False, 2), [7, 8]), ((5, True, 3), [7, 8]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([SENT, STATUS, 7, 8], 1 << 12),
        ([SENT, STATUS, 7], 0),
        ([command(5, 31, 1, is_sent=True), STATUS, 7], 0),
        ([], 0),
    ],
)
def test_errors_missing_words_and_mode_codes_are_no_data(words: list[int], status: int) -> None:
    raw = bus(87, (0, words), status=status)
    assert list(read_messages(raw, read_packets(raw).packets)) == []


def test_a_length_beyond_the_packet_ends_its_messages() -> None:
    raw = bus(87, (0, [SENT, STATUS, 7, 8]))
    packets = read_packets(raw).packets
    cut = [each._replace(data_length=each.data_length - 2) for each in packets]
    assert list(read_messages(raw, cut)) == []


def test_a_file_without_the_declared_words_is_refused_with_its_channels() -> None:
    found = refusal(bus(88, (0, [SENT, STATUS, 7, 8])), recorder(torque=TORQUE))
    assert found.reason == "no_decodable_channel"
    assert "no declared bus word is in it" in found.detail
    assert "MIL-STD-1553 format 1 (0x19): 1 packet on channel 88" in found.detail


@pytest.mark.parametrize("wrong", [{"bits": (9, 2)}, {"bits": (1, 17)}, {"subaddress": 31}])
def test_a_wrong_place_is_an_error_of_the_declaration(wrong: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BusWord.model_validate(TORQUE | wrong)
    with pytest.raises(ValidationError, match="either pcm_channel or bus_words"):
        Irig106Recorder(kind="irig106", members=("x",), pcm_channel=9, bus_words={"torque": TORQUE})


def test_messages_timed_by_another_clock_have_the_time_of_their_packet() -> None:
    raw = bus(87, (5 * SECOND, [SENT, STATUS, 7, 8]))
    packets = [
        each._replace(flags=each.flags | 0x40, counter=9) for each in read_packets(raw).packets
    ]
    assert [each.counter for each in read_messages(raw, packets)] == [9]


@pytest.mark.skipif(not DATA.exists(), reason="the real samples lie beside the repository")
def test_all_messages_of_a_real_file_are_read() -> None:
    raw = (DATA / "pcm.c10").read_bytes()
    packets = [each for each in read_packets(raw).packets if each.data_type == 0x19]
    declared = sum(int.from_bytes(each.data(raw)[:3], "little") for each in packets)
    messages = list(read_messages(raw, packets))
    assert len(messages) == declared == 411
    assert {each.key for each in messages} == {BusKey(n, 1, False, 11) for n in range(87, 95)}
    assert {len(each.words) for each in messages} == {31}
    word = {"channel": 87, "terminal": 1, "direction": "receive", "subaddress": 11, "word": 1}
    series = decode(raw, recorder(first=word), None).series["first"]
    assert int((series.counts != MISSING).sum()) == 51
    assert np.ptp(series.rows) <= 1
