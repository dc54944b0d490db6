import numpy as np
import pytest

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.quality import assess_quality
from dataflow_health.simulator.recording_faults import RECORDING_FAULTS
from dataflow_health_tests.simulator.faulty_recordings import (
    FLIGHT,
    LAYOUT,
    changed_parameters,
    decode_with,
)


@pytest.mark.parametrize("name", ["zero_filled", "wrong_frame_rate"])
def test_an_undecodable_recording_is_refused_with_its_reason(name):
    with pytest.raises(RecordingRefused) as refusal:
        decode_with(name)
    assert refusal.value.reason == RECORDING_FAULTS[name].reason


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("ff_blocks", 20, 30),
        ("sync_loss", 15, 21),
        ("bit_slip", 3, 6),
        ("missing_blocks", 24, 40),
        ("counter_jumps", 0, 8),
        ("two_flights", 2400, 2410),
        ("starts_mid_frame", 0, 0),
        ("foreign_header", 0, 0),
        ("words_byte_swapped", 0, 0),
    ],
)
def test_lost_seconds_are_a_gap_and_the_other_counts_are_exact(name, least, most):
    recording = decode_with(name)
    assert least <= recording.lost_s <= most
    shift = 3 if name == "starts_mid_frame" else 0
    for key, series in recording.series.items():
        if series.parameter.is_text or (name == "two_flights" and "utc" in key):
            continue
        rows = recording.second[series.rows] + shift
        first = rows < FLIGHT.plan.duration_s
        assert np.array_equal(series.counts[first], FLIGHT.counts[key][rows[first]]), key


@pytest.mark.parametrize("name", ["ff_blocks", "sync_loss", "missing_blocks"])
def test_many_lost_seconds_are_flagged_by_the_sync_check(name):
    remarks = assess_quality(decode_with(name), LAYOUT, FLIGHT.plan.started_at)
    assert {remark.check for remark in remarks} == {RECORDING_FAULTS[name].reason}


def test_another_layout_changes_most_parameters_and_is_refused():
    recording = decode_with("wrong_layout")
    assert len(changed_parameters(recording)) > 60
    first = assess_quality(recording, LAYOUT, FLIGHT.plan.started_at)[0]
    assert (first.check, first.refuse) == (RECORDING_FAULTS["wrong_layout"].reason, True)
