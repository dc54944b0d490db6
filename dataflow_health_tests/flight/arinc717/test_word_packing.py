import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.flight.arinc717.word_packing import (
    find_words,
    open_stream,
    read_words,
    unpack_words,
)
from dataflow_health_tests.flight.frame_encoder import encode

PACKINGS = ["le16", "be16", "packed"]

word_lists = st.lists(st.integers(0, 4095), min_size=1, max_size=40)


def test_words_are_spaced_and_aligned_as_their_packing_has_it():
    streams = {name: open_stream(b"", name) for name in PACKINGS}
    assert [stream.word_spacing_bits for stream in streams.values()] == [16, 16, 12]
    assert [stream.alignment_bits for stream in streams.values()] == [8, 8, 1]


def test_a_header_is_no_part_of_the_words():
    stream = open_stream(bytes(5), "packed", 2)
    assert (stream.first_bit, stream.size_bits) == (16, 40)


@given(word_lists, st.sampled_from(PACKINGS), st.binary(max_size=3))
def test_words_are_read_at_their_offsets(words, packing, header):
    stream = open_stream(header + encode([words], packing), packing, len(header))
    offsets = stream.first_bit + np.arange(len(words)) * stream.word_spacing_bits
    assert read_words(stream, offsets).tolist() == words
    assert read_words(stream, offsets[:, None]).shape == (len(words), 1)


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_word_that_is_not_wholly_inside_the_file_is_zero(packing):
    stream = open_stream(b"\xff" * 6, packing)
    last = stream.size_bits - stream.word_spacing_bits
    step = stream.alignment_bits
    offsets = np.array([-step, 0, last, last + step, 10_000])
    assert read_words(stream, offsets).tolist() == [0, 4095, 4095, 0, 0]


@given(word_lists, st.sampled_from(PACKINGS), st.integers(0, 5), st.binary(max_size=2))
def test_consecutive_words_are_unpacked_from_any_word_on(words, packing, first, header):
    stream = open_stream(header + encode([words], packing), packing)
    first = min(first, len(words) - 1)
    unpacked = np.empty(len(words) - first, np.uint16)
    unpack_words(stream, 8 * len(header) + first * stream.word_spacing_bits, unpacked)
    assert unpacked.tolist() == words[first:]


def test_more_words_than_fit_in_one_batch_are_unpacked():
    words = np.random.default_rng(1).integers(0, 4096, 70_001).tolist()
    unpacked = np.empty(len(words), np.uint16)
    unpack_words(open_stream(encode([words], "packed"), "packed"), 0, unpacked)
    assert unpacked.tolist() == words


@pytest.mark.slow
@settings(max_examples=200)
@given(
    st.binary(max_size=30),
    st.sampled_from(PACKINGS),
    st.sets(st.integers(0, 4095), max_size=3),
    st.integers(0, 250),
    st.integers(0, 250),
)
def test_wanted_words_are_found_at_every_offset_where_one_can_start(
    raw, packing, wanted, low, high
):
    stream = open_stream(raw, packing)
    is_wanted = np.zeros(4096, bool)
    starts = range(0, 8 * len(raw) - stream.word_spacing_bits + 1, stream.alignment_bits)
    every_word = dict(zip(starts, read_words(stream, np.array(starts, int)).tolist(), strict=True))
    is_wanted[[*wanted, *list(every_word.values())[:3]]] = True
    expected = [bit for bit, word in every_word.items() if is_wanted[word] and low <= bit < high]
    assert find_words(stream, low, high, is_wanted).tolist() == expected


@pytest.mark.parametrize("packing", PACKINGS)
def test_no_word_is_found_that_is_not_wholly_inside_the_file(packing):
    stream = open_stream(bytes(9), packing)
    found = find_words(stream, 0, 1000, np.ones(4096, bool))
    last = stream.size_bits - stream.word_spacing_bits
    assert found.tolist() == list(range(0, last + 1, stream.alignment_bits))


def test_flags_in_the_top_four_bits_of_an_integer_are_no_part_of_the_word():
    stream = open_stream(b"\x47\xf2", "le16")
    assert read_words(stream, np.array([0])).tolist() == [0x247]
    unpacked = np.empty(1, np.uint16)
    unpack_words(stream, 0, unpacked)
    assert unpacked.tolist() == [0x247]
