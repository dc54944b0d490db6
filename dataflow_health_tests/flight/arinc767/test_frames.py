import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.arinc767.frames import (
    find_frames,
    find_gaps,
    has_usual_length,
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


def test_a_frame_of_another_length_than_most_of_its_id_is_unusual():
    sizes = ((3, 4), (4, 9), (3, 5), (3, 4))
    frames = find_frames(b"".join(frame(number, 1, bytes(size)) for number, size in sizes))
    assert has_usual_length(frames).tolist() == [True, True, False, True]


@given(st.binary(max_size=200), st.integers(0, 60))
def test_frames_never_overlap_and_gaps_fill_the_rest(noise, at):
    raw = frame(3, 1, b"abc") * 3
    raw = raw[:at] + noise + raw[at:]
    frames = find_frames(raw)
    assert (np.diff(frames.offset) >= frames.length[:-1]).all()
    covered = int(frames.length.sum()) + sum(gap.length for gap in find_gaps(raw, frames))
    assert covered == len(raw)
