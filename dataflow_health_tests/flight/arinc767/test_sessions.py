import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.arinc767.frames import find_frames
from dataflow_health.flight.arinc767.sessions import find_sessions
from dataflow_health_tests.flight.arinc767.frame_encoder import frame


def sessions(*frames: tuple[int, int, int]) -> tuple[list[int], list[bool]]:
    """Power cycles and repeats of frames of an id, a time in seconds and one byte of data."""
    raw = b"".join(frame(number, tag * 1000, bytes([data, 0])) for number, tag, data in frames)
    found = find_sessions(raw, find_frames(raw))
    return found.number.tolist(), found.is_repeated.tolist()


def numbers(*tags: int) -> list[int]:
    return sessions(*((3, tag, at % 251) for at, tag in enumerate(tags)))[0]


@pytest.mark.parametrize("damaged", [[9000], [9000, 9001], [9001, 9000]])
@pytest.mark.parametrize("before", [0, 1, 30])
def test_a_few_tags_ahead_cost_only_their_frames(damaged, before):
    tags = [*range(100, 100 + before), *damaged, *range(100 + before, 140)]
    left_out = [at for at, number in enumerate(numbers(*tags)) if number < 0]
    assert left_out == list(range(before, before + len(damaged)))


@pytest.mark.parametrize("damaged", [[1], [1, 2], [2, 1]])
def test_a_few_tags_back_cost_only_their_frames(damaged):
    found = numbers(*range(100, 120), *damaged, *range(120, 140))
    assert [at for at, number in enumerate(found) if number < 0] == [
        20 + at for at in range(len(damaged))
    ]


def test_a_recorder_that_is_started_again_begins_a_power_cycle():
    found = numbers(*range(100, 200), *range(300), *range(5, 25))
    assert found == [0] * 100 + [1] * 300 + [2] * 20


def test_frames_with_the_bytes_of_earlier_ones_are_repeated():
    block = [(3, tag, tag % 251) for tag in range(300)]
    number, is_repeated = sessions(*block, *block[100:], (3, 300, 1))
    assert number == [0] * 300 + [-2] * 200 + [0]
    assert is_repeated == [False] * 300 + [True] * 200 + [False]
    short = [*block[:8], *block[5:8], (3, 6, 99), (3, 8, 8)]
    assert sessions(*short)[0] == [0] * 8 + [-2] * 3 + [-1, 0]


def test_a_slow_frame_may_come_after_quicker_ones_with_later_tags():
    frames = ((3, 100, 1), (3, 150, 2), (8, 90, 3), (3, 200, 4))
    assert sessions(*frames)[0] == [0, 0, 0, 0]


def test_a_last_tag_half_a_day_ahead_costs_only_its_frame():
    assert numbers(1, 2, 43_203) == [0, 0, -1]
    assert numbers(2, 43_202) == [0, 0]


@given(st.lists(st.tuples(st.integers(3, 4), st.integers(0, 300), st.integers(0, 1)), max_size=60))
def test_the_tags_of_an_id_rise_within_a_power_cycle_and_cycles_follow(frames):
    number, is_repeated = (np.array(each, int) for each in sessions(*frames))
    assert (np.diff(number[number >= 0]) >= 0).all()
    assert ((number == -2) == is_repeated).all()
    for own in {(frame_id, cycle) for (frame_id, _, _), cycle in zip(frames, number, strict=True)}:
        tags = [
            tag
            for (frame_id, tag, _), cycle in zip(frames, number, strict=True)
            if (frame_id, cycle) == own and cycle >= 0
        ]
        assert tags == sorted(set(tags))
