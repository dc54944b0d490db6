import numpy as np
import pytest

from dataflow_health.flight.arinc717.subframes import (
    UNKNOWN_FRAME,
    drop_erased,
    read_subframes,
    select_rows,
)
from dataflow_health.flight.arinc717.sync import SubframeRun
from dataflow_health.flight.arinc717.word_packing import open_stream
from dataflow_health_tests.flight.arinc717.subframe_factory import make_subframes
from dataflow_health_tests.flight.frame_encoder import encode, numbered_words

STRIDE = 64 * 12


def test_runs_are_read_one_after_the_other():
    words = numbered_words(9)
    stream = open_stream(encode(words, "packed"), "packed")
    runs = [SubframeRun(STRIDE, 2, 1), SubframeRun(5 * STRIDE, 4, 1)]
    subframes = read_subframes(stream, runs, 64)
    kept = [1, 2, 5, 6, 7, 8]
    assert subframes.words.tolist() == [words[second] for second in kept]
    assert subframes.bit_offset.tolist() == [second * STRIDE for second in kept]
    assert subframes.number.tolist() == [2, 3, 2, 3, 4, 1]
    assert subframes.second.tolist() == list(range(6))
    assert set(subframes.frame.tolist()) == {UNKNOWN_FRAME}
    assert (subframes.words.dtype, subframes.number.dtype) == (np.uint16, np.int8)
    assert (subframes.second.dtype, subframes.frame.dtype) == (np.int32, np.int16)


def noise(words: int, seconds: int = 40) -> np.ndarray:
    return np.random.default_rng(3).integers(1, 4095, (seconds, words))


@pytest.mark.parametrize("value", [0x000, 0xFFF])
@pytest.mark.parametrize("start", [64, 100, 127])
def test_a_subframe_with_an_erased_block_is_dropped(value, start):
    """Three aligned pieces of 64 words are blank, wherever the block of 512 bytes starts."""
    words = noise(512)
    words[7, start : start + 256] = value
    words[9, start : start + 254] = 0x123
    subframes = drop_erased(make_subframes(words.tolist()))
    assert subframes.second.tolist() == [second for second in range(40) if second != 7]


def test_two_blank_pieces_in_a_row_are_no_erased_block():
    words = noise(512)
    words[7, 64:192] = 0
    words[7, 256:384] = 0
    subframes = make_subframes(words.tolist())
    assert drop_erased(subframes) is subframes


@pytest.mark.parametrize(("blank", "kept"), [(3, 37), (4, 40)])
def test_words_that_are_blank_in_a_tenth_of_subframes_are_not_in_use(blank, kept):
    words = noise(512)
    words[:blank, 64:320] = 0
    assert len(drop_erased(make_subframes(words.tolist())).second) == kept


@pytest.mark.parametrize(("size", "kept"), [(511, 40), (512, 39), (543, 39)])
def test_a_subframe_shorter_than_a_block_is_never_dropped(size, kept):
    words = noise(size)
    words[7, 64:320] = 0
    assert len(drop_erased(make_subframes(words.tolist())).second) == kept


def test_selected_rows_keep_all_that_belongs_to_them():
    subframes = make_subframes(numbered_words(8), first_frame=3)
    rows = np.array([1, 6])
    selected = select_rows(subframes, rows)
    for name in ("words", "bit_offset", "number", "second", "frame"):
        assert getattr(selected, name).tolist() == getattr(subframes, name)[rows].tolist()
