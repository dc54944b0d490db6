import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.arinc767.frames import (
    drop_implausible,
    find_frames,
    find_gaps,
    is_documentary,
)
from dataflow_health_tests.flight.arinc767.frame_encoder import documentary, frame


def tags(raw: bytes) -> list[int]:
    return find_frames(raw).tag_ms.tolist()


def test_headers_are_read():
    raw = documentary() + frame(3, 70_000, b"abc")
    frames = find_frames(raw)
    assert frames.offset.tolist() == [0, 140]
    assert frames.length.tolist() == [140, 15]
    assert frames.tag_ms.tolist() == [0, 70_000]
    assert frames.number.tolist() == [1, 3]
    assert is_documentary(raw, frames).tolist() == [True, False]
    assert find_gaps(raw, frames) == ()


def test_a_first_frame_without_the_standards_name_carries_parameters():
    raw = documentary(standard="other")
    assert is_documentary(raw, find_frames(raw)).tolist() == [False]


def test_a_sync_word_in_data_starts_no_frame():
    inner = frame(4, 5, b"")
    assert tags(frame(3, 1, inner + b"x") + frame(3, 2, b"y")) == [1, 2]
    assert tags(b"\xeb\x90" + frame(3, 2, b"y")) == [2]


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw[:3] + b"\xff" + raw[4:],
        lambda raw: raw[:-1] + b"\x09",
        lambda raw: raw[:-3],
        lambda raw: b"\0" + raw[1:],
    ],
)
def test_a_damaged_frame_is_a_gap(damage):
    good = frame(3, 1, b"abc")
    bad = damage(good)
    raw = good + bad + good
    frames = find_frames(raw)
    (gap,) = find_gaps(raw, frames)
    assert gap.byte_offset + gap.length == len(good + bad)
    assert frames.offset.tolist()[-1] == len(good + bad)


def kept(*frames_: tuple[int, int, int]) -> tuple[list[int], list[str]]:
    raw = b"".join(frame(number, tag, bytes(size)) for number, tag, size in frames_)
    frames, notes = drop_implausible(find_frames(raw))
    return frames.tag_ms.tolist(), notes


def test_frames_of_an_odd_length_or_time_are_left_out():
    assert kept((3, 1, 4), (4, 1, 9), (3, 2, 4)) == ([1, 1, 2], [])
    assert kept((3, 1, 4), (3, 2, 5), (3, 3, 4)) == (
        [1, 3], ["1 frames have another length than the others of their id"],
    )  # fmt: skip
    assert kept((3, 1, 4), (3, 90_000, 4), (3, 2, 4), (3, 3, 4)) == (
        [1, 2, 3], ["1 frames have a time tag far ahead of both neighbours"],
    )  # fmt: skip
    assert kept((3, 8, 4), (3, 9, 4), (3, 1, 4), (3, 2, 4), (3, 10, 4)) == (
        [8, 9, 10],
        ["2 frames repeat earlier ones and are left out: their time tags go back"],
    )


def test_a_slow_frame_may_come_after_quicker_ones_with_later_tags():
    frames = ((3, 1000, 4), (3, 2000, 4), (8, 1500, 9), (3, 3000, 4))
    assert kept(*frames) == ([1000, 2000, 1500, 3000], [])


def test_a_last_tag_half_a_day_ahead_costs_only_its_frame():
    assert kept((3, 1, 4), (3, 2, 4), (3, 43_200_003, 4)) == (
        [1, 2], ["1 frames have a time tag far ahead of both neighbours"],
    )  # fmt: skip
    assert kept((3, 2, 4), (3, 43_200_002, 4))[1] == []


@given(st.binary(max_size=200), st.integers(0, 60))
def test_frames_never_overlap_and_gaps_fill_the_rest(noise, at):
    raw = frame(3, 1, b"abc") * 3
    raw = raw[:at] + noise + raw[at:]
    frames = find_frames(raw)
    assert (np.diff(frames.offset) >= frames.length[:-1]).all()
    covered = int(frames.length.sum()) + sum(gap.length for gap in find_gaps(raw, frames))
    assert covered == len(raw)
