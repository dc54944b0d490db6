import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.sample_places import nearest_samples, separate


def samples(rate_hz: int, *seconds: float) -> list[int]:
    return nearest_samples(np.array([round(s * 1e6) for s in seconds], np.int64), rate_hz).tolist()


@pytest.mark.parametrize(
    ("rate_hz", "seconds", "expected"),
    [
        (8, (0.0, 0.12, 0.25, 0.37, 0.5, 0.62), [0, 1, 2, 3, 4, 5]),
        (4, (0.0, 0.249, 0.5, 0.749, 1.0), [0, 1, 2, 3, 4]),
        (2, (0.25, 0.75, 1.25), [0, 1, 2]),
        (1, (0.9, 1.9, 2.95), [0, 1, 2]),
        (3, (0.333333, 0.666666, 0.999999), [1, 2, 3]),
    ],
)
def test_times_beside_their_sample_belong_to_the_nearest(rate_hz, seconds, expected):
    assert samples(rate_hz, *seconds) == expected


@pytest.mark.parametrize(
    ("nearest", "places"),
    [
        ([], []),
        ([0, 2, 2, 3], [0, 1, 2, 3]),
        ([0, 1, 1, 3], [0, 1, 2, 3]),
        ([0, 0, 0, 0, 5], [0, 1, 2, -1, 5]),
        ([4, 1, 2, 5, 5], [4, -1, -1, 5, 6]),
    ],
)
def test_times_of_one_sample_are_separated(nearest, places):
    assert separate(np.array(nearest, np.int64)).tolist() == places


@given(st.lists(st.integers(0, 30)))
def test_no_two_have_the_same_place_and_none_is_far_away(nearest):
    places = separate(np.array(nearest, np.int64))
    kept = places >= 0
    assert (np.diff(places[kept]) > 0).all()
    assert (np.abs(places - np.array(nearest, np.int64))[kept] <= 2).all()
