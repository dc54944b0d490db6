"""Blocks that occur twice in a recording, as words and as bytes of a file."""

import numpy as np
import pytest

from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.arinc717.repeated_blocks import NO_REPEATS, drop_repeated
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recording import REPEATED_DATA
from dataflow_health_tests.flight.arinc717.subframe_factory import make_subframes
from dataflow_health_tests.flight.arinc717.test_decoder import corrupt_subframes, misplaced
from dataflow_health_tests.flight.frame_encoder import (
    ANY_PACKING,
    COUNTER,
    PLAIN,
    encode,
    numbered_words,
)

SUBFRAME_BYTES = 128
NOISE = np.random.default_rng(1).integers(0, 4096, (60, 8)).tolist()


def kept(words) -> list[int]:
    """Rows of some subframes that are not dropped."""
    subframes, repeats = drop_repeated(make_subframes(words))
    assert len(repeats.bit_offset) + len(subframes.words) == len(words)
    return (subframes.bit_offset // (len(words[0]) * 12)).tolist()


def test_a_recording_without_repeats_is_unchanged():
    subframes = make_subframes(NOISE)
    assert drop_repeated(subframes) == (subframes, NO_REPEATS)


@pytest.mark.parametrize(("length", "is_dropped"), [(3, False), (4, True), (16, True)])
def test_subframes_that_repeat_in_a_row_are_dropped(length, is_dropped):
    words = NOISE[:40] + NOISE[20 : 20 + length] + NOISE[40:]
    expected = [n for n in range(len(words)) if not (is_dropped and 40 <= n < 40 + length)]
    assert kept(words) == expected


@pytest.mark.parametrize(("different", "is_dropped"), [(2, True), (3, False)])
def test_a_bit_error_in_a_repeated_block_is_dropped_with_it(different, is_dropped):
    block = [list(row) for row in NOISE[20:30]]
    for row in block[4 : 4 + different]:
        row[3] ^= 1
    rows = kept(NOISE[:40] + block + NOISE[40:])
    assert (set(range(44, 44 + different)) & set(rows) == set()) == is_dropped


def test_a_block_that_begins_inside_a_subframe_takes_the_mixed_one_with_it():
    mixed = NOISE[40][:3] + NOISE[19][3:]
    words = [*NOISE[:40], mixed, *NOISE[20:40], *NOISE[40:]]
    assert kept(words) == [*range(40), *range(61, 81)]


def test_data_that_stand_still_but_for_a_counter_are_no_repeats():
    still = [[0, second % 64, 7, 7, 7, 7, 7, 7] for second in range(200)]
    assert kept(still) == list(range(200))
    assert kept([[0] * 8] * 40) == list(range(40))


@pytest.mark.parametrize("first", range(8))
@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_counter_that_looks_mixed_over_still_data_repeats_nothing(first, step):
    still = [[583, 0, 0, 0, 0, 0, 0, (first + row // 4 * step) % 4096] for row in range(64)]
    for row in set(range(64)) - set(range(0, 64, 4)):
        still[row][7] = 0
    assert kept(still) == list(range(64))


def wide_layout() -> Layout:
    counter = COUNTER.model_copy(update={"bits": (1, 12)})
    return Layout(words_per_subframe=64, counter=counter, parameters=PLAIN.parameters)


def wide_words(seconds: int, start: int = 7) -> list[list[int]]:
    """Numbered words with a running counter of 12 bits."""
    words = numbered_words(seconds)
    for second in range(0, seconds, 4):
        words[second][1] = (start + second // 4) % 4096
    return words


@pytest.mark.slow
@pytest.mark.parametrize("layout", [PLAIN, wide_layout()])
@pytest.mark.parametrize("offset", [0, 51])
@pytest.mark.parametrize("seconds", [4, 5, 32, 64, 65])
def test_a_page_that_was_read_twice_takes_no_time(layout, offset, seconds):
    words = numbered_words(300) if layout is PLAIN else wide_words(300)
    raw = encode(words, "le16")
    at = 150 * SUBFRAME_BYTES + offset
    again = raw[at - seconds * SUBFRAME_BYTES : at]
    decoded = decode(raw[:at] + again + raw[at:], ANY_PACKING, layout)
    assert corrupt_subframes(decoded, words) == []
    assert misplaced(decoded) == []
    assert decoded.duration_s == 300
    assert any(REPEATED_DATA in note for note in decoded.notes)


def test_a_counter_of_twelve_bits_that_is_reset_drops_nothing():
    layout = wide_layout()
    words = wide_words(300, start=900)
    for second in range(160, 300, 4):
        words[second][1] = (second - 160) // 4
    decoded = decode(encode(words, "le16"), ANY_PACKING, layout)
    assert decoded.second.tolist() == list(range(300))
