import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.arinc717.lost_seconds import (
    GapEvidence,
    GapSize,
    estimate_lost_seconds,
    is_explained_by_loss,
    measure_gap,
)
from dataflow_health.flight.arinc717.word_packing import open_stream

STRIDE = 768


@pytest.mark.parametrize(
    ("slip_bits", "exact"), [(0, 10), (64, 10), (-64, 10), (65, None), (-65, None)]
)
def test_a_gap_is_exact_if_only_a_few_bits_slipped(slip_bits, exact):
    stream = open_stream(bytes(range(1, 251)) * 8, "packed")
    size = measure_gap(stream, 96, 96 + 10 * STRIDE + slip_bits, STRIDE)
    assert size == GapSize(exact, 10 + slip_bits / STRIDE)


@pytest.mark.parametrize("filler", [b"\x00", b"\xff"])
@pytest.mark.parametrize(("length", "padding"), [(31, 0), (32, 32), (96, 96)])
def test_long_runs_of_equal_bytes_are_padding(filler, length, padding):
    raw = b"\x01" * 100 + filler * length + b"\x01" * (860 - length)
    size = measure_gap(open_stream(raw, "packed"), 0, 8 * 960, STRIDE)
    assert size.unpadded == pytest.approx((960 - padding) / 96)


def test_padding_of_both_kinds_and_at_the_edges_is_counted():
    raw = b"\x00" * 40 + b"\x01" * 10 + b"\xff" * 46
    assert measure_gap(open_stream(raw, "packed"), 0, 768, STRIDE).unpadded == 10 / 96
    several = b"\x00" * 40 + b"\x01" * 4 + b"\x00" * 32 + b"\x01" * 4 + b"\x00" * 16
    assert measure_gap(open_stream(several, "packed"), 0, 768, STRIDE).unpadded == 24 / 96


def test_a_gap_that_ends_before_it_begins_has_a_negative_size():
    size = measure_gap(open_stream(bytes(200), "packed"), 800, 790, STRIDE)
    assert size == GapSize(0, -10 / STRIDE)


def lost(exact=None, unpadded=0.0, residue=0, cycle=64, clock=None) -> int:
    return estimate_lost_seconds(GapSize(exact, unpadded), GapEvidence(residue, cycle, clock))


@pytest.mark.parametrize(
    ("clock", "residue", "expected"),
    [(70, 6, 70), (69, 6, 70), (71, 6, 70), (0, 0, 0), (-1, 0, 0), (1, 0, 0), (0, 1, 1)],
)
def test_the_clock_decides_and_the_cycle_corrects_it_by_a_second(clock, residue, expected):
    assert lost(exact=12, unpadded=12, residue=residue, clock=clock) == expected


def test_a_clock_that_went_back_decides_nothing():
    assert lost(exact=12, unpadded=12, residue=12, clock=-2) == 12
    assert lost(exact=12, unpadded=12, residue=14, clock=-2) == 14


def test_a_clock_and_a_cycle_that_disagree_give_way_to_an_exact_length():
    assert lost(exact=12, unpadded=12, residue=12, clock=40) == 12
    assert lost(exact=12, unpadded=12, residue=10, clock=40) == 40
    assert lost(unpadded=12.3, residue=10, clock=40) == 40


def test_a_clock_before_the_loss_by_a_second_is_no_negative_loss():
    assert lost(unpadded=3.3, residue=2, clock=-1) == 0
    assert lost(unpadded=3.3, residue=63, clock=0) == 0


@pytest.mark.parametrize(
    ("residue", "broken", "unbroken"), [(12, 12, 12), (13, 13, 13), (11, 11, 75), (50, 50, 50)]
)
def test_seconds_missing_beside_an_exact_length_come_on_top(residue, broken, unbroken):
    """Where the stride is broken, a second too many was more likely inserted."""
    assert lost(exact=12, unpadded=12, residue=residue) == broken
    evidence = GapEvidence(residue, 64, None, is_unbroken=True)
    assert estimate_lost_seconds(GapSize(12, 12.0), evidence) == unbroken


@pytest.mark.parametrize(
    ("passed", "cycle", "is_explained"),
    [(3600, 16_384, True), (3604, 16_384, False), (16_380, 16_384, False), (60, 64, True)],
)
def test_a_running_counter_that_goes_back_lost_no_cycle(passed, cycle, is_explained):
    assert is_explained_by_loss(passed, cycle) == is_explained
    assert lost(exact=2, unpadded=2, residue=16_382, cycle=16_384) == 2
    assert lost(exact=2, unpadded=2, residue=602, cycle=16_384) == 602


@pytest.mark.parametrize(
    ("unpadded", "expected"),
    [
        (10.0, 10),
        (35.5, 10),  # 25.5 surplus seconds count as 38.3, fewer than 38.5 missing ones
        (35.7, 74),  # 25.7 surplus seconds count as 38.6, more than 38.3 missing ones
        (74.0, 74),
        (99.5, 74),
        (99.7, 138),
        (9.0, 10),
        (-3.0, 10),
    ],
)
def test_an_inexact_length_goes_to_the_nearer_cycle_and_prefers_missing_bytes(unpadded, expected):
    assert lost(unpadded=unpadded, residue=10) == expected


@given(st.integers(0, 63), st.integers(0, 9), st.floats(-38.3, 25.5))
def test_an_error_of_up_to_two_fifths_of_the_cycle_is_corrected(residue, cycles, error):
    """1.5 s of surplus weigh as much as 1 s missing: 25.6 to one side, 38.4 to the other."""
    expected = residue + 64 * cycles
    assert lost(unpadded=expected + error, residue=residue) == expected


@given(
    st.none() | st.integers(0, 200), st.floats(-5, 300), st.integers(0, 3),
    st.none() | st.integers(-100, 300),
)  # fmt: skip
def test_lost_seconds_are_never_negative(exact, unpadded, residue, clock):
    assert lost(exact, unpadded, residue, 4, clock) >= 0
    assert np.isfinite(lost(exact, unpadded, residue, 4, clock))
