"""Runs of subframes, found in recordings that are cut, slipped and noisy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.flight.arinc717.sync import (
    SubframeRun,
    choose_probes,
    count_subframes,
    find_runs,
)
from dataflow_health.flight.arinc717.word_packing import WordStream, open_stream
from dataflow_health.flight.layout import SYNC_WORDS
from dataflow_health_tests.flight.frame_encoder import encode, numbered_words, pack, to_bits

WORDS = 64
STRIDE = 12 * WORDS


def packed(bits: str) -> WordStream:
    return open_stream(pack(bits), "packed")


def runs_of(bits: str) -> tuple[SubframeRun, ...]:
    return find_runs(packed(bits), WORDS, SYNC_WORDS)


def seconds_of(runs: tuple[SubframeRun, ...], shift_bits: int = 0, after_bit: int = 0) -> list[int]:
    """Seconds of a recording that are in a run, where bits are moved after some place."""
    starts = [run.start_bit + step * STRIDE for run in runs for step in range(run.count)]
    return [(bit - (shift_bits if bit > after_bit else 0)) // STRIDE for bit in starts]


@pytest.mark.parametrize("packing", ["le16", "be16", "packed"])
@pytest.mark.parametrize("seconds", [2, 3, 4, 9])
def test_an_undamaged_recording_is_one_run(packing, seconds):
    stream = open_stream(encode(numbered_words(seconds), packing), packing)
    assert find_runs(stream, WORDS, SYNC_WORDS) == (SubframeRun(0, seconds, 0),)


def test_a_single_subframe_is_no_run():
    assert runs_of(to_bits(numbered_words(1))) == ()


@given(st.integers(0, 20), st.integers(0, 3))
def test_a_run_starts_at_any_bit_with_any_sync_word(before, skipped):
    bits = "0" * before + to_bits(numbered_words(12)[skipped:])
    assert runs_of(bits) == (SubframeRun(before, 12 - skipped, skipped),)


@pytest.mark.parametrize("rest", [8, 16, STRIDE - 8])
def test_a_subframe_is_trusted_if_its_successor_begins_or_the_file_ends_there(rest):
    """With less than a word behind it, the last whole subframe is the end of the file."""
    bits = to_bits(numbered_words(9))[: 8 * STRIDE + rest]
    assert [run.count for run in runs_of(bits)] == [8]
    damaged = bits[: 8 * STRIDE] + "0" * rest
    assert [run.count for run in runs_of(damaged)] == [8 if rest < 12 else 7]


def test_a_slipped_bit_costs_one_subframe():
    bits = to_bits(numbered_words(40))
    at = 20 * STRIDE + 300
    runs = runs_of(bits[:at] + bits[at + 1 :])
    assert runs == (SubframeRun(0, 20, 0), SubframeRun(21 * STRIDE - 1, 19, 1))


def test_only_the_first_runs_are_searched_when_no_more_are_wanted():
    bits = to_bits(numbered_words(40))
    at = 20 * STRIDE + 300
    stream = packed(bits[:at] + bits[at + 1 :])
    assert find_runs(stream, WORDS, SYNC_WORDS, 1) == (SubframeRun(0, 20, 0),)


@pytest.mark.parametrize("lost", [-128, 128])
def test_data_like_the_sync_word_that_is_due_do_not_save_a_cut_subframe(lost):
    """Bits lost or added in subframe 20 move the next one, and noise stands in its place."""
    bits = to_bits(numbered_words(40))
    cut, due = 20 * STRIDE + 300, 21 * STRIDE
    bits = bits[:cut] + ("01" * 64 + bits[cut:] if lost > 0 else bits[cut - lost :])
    bits = bits[:due] + to_bits([[SYNC_WORDS[1]]]) + bits[due + 12 :]
    seconds = seconds_of(runs_of(bits), lost, cut)
    assert 20 not in seconds
    assert {19, 23} <= set(seconds)


@pytest.mark.parametrize("lost", [-40, 40])
def test_data_like_an_earlier_sync_word_do_not_begin_a_run(lost):
    """One subframe before the first sync word after the slip, noise looks like a sync word."""
    bits = to_bits(numbered_words(40))
    cut = 20 * STRIDE + 300
    bits = bits[:cut] + ("01" * 20 + bits[cut:] if lost > 0 else bits[cut - lost :])
    noise = 20 * STRIDE + lost
    bits = bits[:noise] + to_bits([[SYNC_WORDS[0]]]) + bits[noise + 12 :]
    seconds = seconds_of(runs_of(bits), lost, cut)
    assert 20 not in seconds
    assert {18, 21, 22} <= set(seconds)


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 45), st.integers(1, 2000)), max_size=3),
    st.integers(0, 2**32 - 1),
)
def test_runs_are_in_order_and_never_overlap(cuts, seed):
    bits = to_bits(numbered_words(46, seed=seed))
    for second, size in sorted(cuts, reverse=True):
        at = second * STRIDE + 300
        bits = bits[:at] + bits[at + size :]
    end = 0
    for run in runs_of(bits):
        assert run.start_bit >= end
        assert run.count >= 1
        assert 0 <= run.sync_index < 4
        end = run.start_bit + run.count * STRIDE
    assert end <= len(bits) + 8


def test_sync_words_of_the_wrong_order_are_no_run():
    words = numbered_words(12)
    for row in words:
        row[0] = SYNC_WORDS[0]
    assert runs_of(to_bits(words)) == ()


def test_a_long_stretch_of_noise_is_searched_in_steps():
    noise = np.random.default_rng(2).integers(0, 2, 60_000)
    bits = "".join(map(str, noise.tolist())) + to_bits(numbered_words(5))
    assert SubframeRun(60_000, 5, 0) in runs_of(bits)


def test_a_run_longer_than_one_batch_of_sync_words_is_one_run():
    words = [[SYNC_WORDS[second % 4]] + [0] * 31 for second in range(5000)]
    stream = open_stream(encode(words, "le16"), "le16")
    assert find_runs(stream, 32, SYNC_WORDS) == (SubframeRun(0, 5000, 0),)
    words[4500][0] = 0
    stream = open_stream(encode(words, "le16"), "le16")
    assert find_runs(stream, 32, SYNC_WORDS)[0] == SubframeRun(0, 4499, 0)


def test_a_short_file_is_probed_whole():
    limit = 4 * STRIDE * 6
    stream = open_stream(bytes(limit // 8 - 1), "packed", 0)
    assert choose_probes(stream, STRIDE) == ((0, limit - 8),)
    assert len(choose_probes(open_stream(bytes(limit // 8), "packed"), STRIDE)) == 5


def test_a_long_file_is_probed_in_five_places_from_its_first_word_to_its_end():
    stream = open_stream(bytes(100_010), "packed", 10)
    probes = choose_probes(stream, STRIDE)
    width = 4 * STRIDE
    assert probes[0] == (80, 80 + width)
    assert probes[-1] == (800_080 - width, 800_080)
    starts = np.array(probes)[:, 0]
    assert np.ptp(np.diff(starts)) <= 1
    assert {high - low for low, high in probes} == {width}


def test_subframes_are_counted_in_the_probed_places_only():
    stream = packed(to_bits(numbered_words(60)))
    assert count_subframes(stream, WORDS, SYNC_WORDS, ((0, stream.size_bits),)) == 60
    probes = ((0, 4 * STRIDE), (30 * STRIDE, 34 * STRIDE))
    assert count_subframes(stream, WORDS, SYNC_WORDS, probes) == 6
    assert count_subframes(stream, WORDS, SYNC_WORDS, ()) == 0
