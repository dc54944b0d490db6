import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.flight.layout import Layout, Parameter
from dataflow_health.simulator.encoder import encode, frame_words, to_bytes
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import simulate_flight
from dataflow_health_tests.simulator.decoding import decoded, plan
from dataflow_health_tests.simulator.layouts import RoundTrip, round_trips


def bits_of(raw: bytes) -> list[int]:
    """Bits in stream order: the least significant bit of every byte first."""
    return [byte >> bit & 1 for byte in raw for bit in range(8)]


def words_in(raw: bytes, count: int, phase: int) -> list[int]:
    bits = bits_of(raw)[phase:]
    return [sum(bits[12 * k + bit] << bit for bit in range(12)) for k in range(count)]


@given(st.lists(st.integers(0, 4095), min_size=1, max_size=40), st.integers(0, 30))
def test_a_packed_stream_contains_the_words_bit_by_bit(words, phase):
    raw = to_bytes(words, "packed", bit_phase=phase)
    assert words_in(raw, len(words), phase) == words
    assert len(raw) == -(-(12 * len(words) + phase) // 8)
    assert not any(bits_of(raw)[:phase])


@pytest.mark.parametrize(("word_packing", "raw"), [("le16", b"\x47\x02"), ("be16", b"\x02\x47")])
def test_sixteen_bit_packings_differ_by_their_byte_order(word_packing, raw):
    assert to_bytes([0x247], word_packing) == raw


def test_a_parameter_is_encoded_at_the_position_in_its_layout():
    nibble = Parameter.model_validate({"words": [3], "bits": [5, 8], "subframes": [2]})
    layout = Layout(words_per_subframe=32, parameters={"p": nibble})
    words = frame_words(layout, {"p": np.full((4, 1), 0xA)})
    assert words[:, 0].tolist() == [0x247, 0x5B8, 0xA47, 0xDB8]
    assert words[:, 2].tolist() == [0, 0xA0, 0, 0]
    assert not words[:, 1].any()
    assert not words[:, 3:].any()


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(round_trips(), st.sampled_from(["le16", "be16", "packed"]), st.integers(0, 23))
def test_encoded_counts_are_decoded_unchanged(case: RoundTrip, word_packing, phase):
    raw = encode(
        case.layout,
        case.counts,
        word_packing,
        bit_phase=phase,
        first_subframe=case.first_subframe,
        first_frame=case.first_frame,
    )
    recording = decoded(raw, case.layout)
    assert recording.encoding == word_packing
    assert recording.lost_s == 0
    for name, counts in case.counts.items():
        rows = case.carried(name)
        assert recording.series[name].rows.tolist() == rows.tolist()
        assert recording.series[name].counts.tolist() == counts[rows].tolist()


@pytest.mark.slow
@pytest.mark.parametrize("word_packing", ["le16", "be16", "packed"])
def test_a_whole_flight_is_decoded_bit_exactly(word_packing):
    layout = generic_layout()
    flight = simulate_flight(plan(), layout)
    recording = decoded(encode(layout, flight.counts, word_packing, bit_phase=5), layout)
    assert recording.started_at == flight.plan.started_at
    assert recording.duration_s == flight.plan.duration_s
    assert set(recording.series) == set(layout.parameters)
    for name, series in recording.series.items():
        if not series.parameter.is_text:
            assert np.array_equal(series.counts, flight.counts[name][series.rows]), name
    tail = recording.series["tail_number"]
    assert "".join(tail.text[count] for count in tail.counts[0]) == "HB-ZAA"


@pytest.mark.timing
def test_an_hour_is_encoded_within_a_second():
    layout = generic_layout()
    flight = simulate_flight(plan(3600), layout)
    start = time.process_time()
    encode(layout, flight.counts, "packed", bit_phase=3)
    assert time.process_time() - start < 1
