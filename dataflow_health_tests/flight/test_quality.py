"""Remarks on recordings, and recordings without any."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dataflow_health.flight.layout import Clock, Counter, Layout, Parameter
from dataflow_health.flight.quality import Remark, assess_quality
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series, UnsyncedRegion

START = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


def make_series(counts, **given) -> Series:
    rows = np.arange(len(counts), dtype=np.int32)
    parameter = Parameter(**{"words": [2]} | given)
    table = np.array(counts, np.int32).reshape(len(counts), len(parameter.samples))
    return Series(parameter, rows, table, (0.0,))


def make_decoded(seconds=1200, *, notes=(), unsynced=(), started_at=START, second=None, **series):
    second = np.arange(seconds, dtype=np.int32) if second is None else second
    duration = int(second[-1]) + 1
    return DecodedRecording(
        second=second,
        series=series,
        started_at=started_at,
        encoding="packed",
        duration_s=duration,
        lost_s=duration - len(second),
        unsynced=unsynced,
        notes=notes,
    )


def layout_of(decoded: DecodedRecording, **given) -> Layout:
    parameters = {name: series.parameter for name, series in decoded.series.items()}
    return Layout(**{"words_per_subframe": 64, "parameters": parameters} | given)


def remarks(
    decoded: DecodedRecording, named_at: datetime | None = START, **given
) -> tuple[Remark, ...]:
    return assess_quality(decoded, layout_of(decoded, **given), named_at)


def check_names(
    decoded: DecodedRecording, named_at: datetime | None = START, **given
) -> list[tuple[str, str | None]]:
    return [(r.check, r.parameter) for r in remarks(decoded, named_at, **given)]


def moving_counts(seconds=1200) -> list[int]:
    return [second % 90 for second in range(seconds)]


def test_a_sound_recording_has_no_remark():
    wheels = [1] * 60 + [0] * 1080 + [1] * 60
    decoded = make_decoded(
        weight_on_wheels=make_series(wheels, bits=[1, 1]),
        pitch_deg=make_series(moving_counts(), live=True, required=True, valid_range=(0, 90)),
    )
    assert remarks(decoded) == ()


@pytest.mark.parametrize(
    ("lost_bytes", "severity", "refuse"),
    [(10 * 96, "warning", False), (1500 * 96, "error", False), (6000 * 96, "error", True)],
)
def test_bytes_out_of_sync_are_remarked_on_by_their_share(lost_bytes, severity, refuse):
    decoded = make_decoded(unsynced=(UnsyncedRegion(0, lost_bytes, 1),))
    (remark,) = remarks(decoded)
    assert (remark.check, remark.severity, remark.refuse) == ("frames_in_sync", severity, refuse)
    assert f"{lost_bytes} bytes in 1 regions" in remark.detail


def test_a_gap_in_the_timeline_is_no_loss_of_sync():
    second = np.concatenate([np.arange(600), np.arange(600) + 3000]).astype(np.int32)
    assert remarks(make_decoded(second=second)) == ()


def test_a_required_parameter_without_samples_is_missing():
    decoded = make_decoded(pitch_deg=make_series([], required=True), roll_deg=make_series([]))
    assert check_names(decoded) == [("parameters_present", "pitch_deg")]


def test_single_spikes_pass_and_longer_ones_are_remarked_on():
    spikes = [4000 if second % 200 == 0 else 50 for second in range(1200)]
    minutes = [4000 if second > 1100 else 50 for second in range(1200)]
    decoded = make_decoded(
        a=make_series(spikes, valid_range=(0, 100)), b=make_series(minutes, valid_range=(0, 100))
    )
    (remark,) = remarks(decoded)
    assert (remark.check, remark.parameter) == ("values_in_range", "b")
    assert remark.detail == "outside_pct (8.2%) <= 1%, range (0.0, 100.0)"


def absurd_series(count: int, share: float = 1.0) -> dict[str, Series]:
    given = [4000 if second < 1200 * share else 50 for second in range(1200)]
    return {f"p{n}": make_series(given, valid_range=(0, 100)) for n in range(count)}


def test_many_absurd_parameters_refuse_the_recording():
    decoded = make_decoded(
        **absurd_series(6), good=make_series(moving_counts(), valid_range=(0, 100))
    )
    first = remarks(decoded)[0]
    assert (first.check, first.refuse) == ("values_in_range", True)
    assert "6 of 7" in first.detail


def test_a_few_faulty_sensors_do_not_refuse_the_recording():
    assert not any(remark.refuse for remark in remarks(make_decoded(**absurd_series(4))))


def test_doubtful_values_refuse_only_without_a_working_time_source():
    series = absurd_series(6, 0.1) | {
        f"good_{n}": make_series(moving_counts(), valid_range=(0, 100)) for n in range(40)
    }
    note = "the superframe counter does not count: its parameters are left out"
    counter = Counter(word=3, bits=(1, 4))
    assert not any(r.refuse for r in remarks(make_decoded(**series)))
    assert remarks(make_decoded(**series, notes=(note,)), counter=counter)[0].refuse


def clock_series(start: datetime, *, set_by_s: int = 0) -> dict[str, Series]:
    """Twenty minutes of a clock that is set at second 600."""
    ahead = [second + (set_by_s if second >= 600 else 0) for second in range(1200)]
    at = [start + timedelta(seconds=seconds) for seconds in ahead]
    return {
        "h": make_series([t.hour for t in at]),
        "m": make_series([t.minute for t in at]),
        "s": make_series([t.second for t in at]),
    }


CLOCK = Clock(hour="h", minute="m", second="s")


@pytest.mark.parametrize(("step", "direction"), [(-3600, "back"), (37, "forward")])
def test_a_clock_that_is_set_in_flight_is_remarked_on(step, direction):
    decoded = make_decoded(**clock_series(START, set_by_s=step))
    (remark,) = remarks(decoded, clock=CLOCK)
    assert remark.check == "clock_consistent"
    assert remark.detail == f"at second 600 the clock jumps {direction} by {abs(step)} s"


def test_a_clock_may_drift_by_a_second_and_pass_midnight():
    decoded = make_decoded(**clock_series(datetime(2024, 5, 6, 23, 55, tzinfo=UTC), set_by_s=1))
    assert remarks(decoded, clock=CLOCK) == ()


def test_a_name_that_disagrees_with_the_clock_is_remarked_on():
    assert check_names(make_decoded(), START + timedelta(seconds=299)) == []
    assert check_names(make_decoded(), None) == []
    assert check_names(make_decoded(started_at=None)) == []
    (remark,) = remarks(make_decoded(), START - timedelta(hours=2, seconds=4))
    assert remark.check == "clock_consistent"
    assert "apart_s (7204) <= 300; whole quarter hours apart" in remark.detail
    (remark,) = remarks(make_decoded(), START - timedelta(hours=2, minutes=7))
    assert "quarter" not in remark.detail


def test_a_noted_clock_jump_is_remarked_on():
    decoded = make_decoded(notes=("line 6: the clock jumps back by 7149 s", "512 bytes left out"))
    (remark,) = assess_quality(decoded, None, None)
    assert (remark.check, remark.detail) == ("clock_consistent", decoded.notes[0])


@pytest.mark.parametrize(("seconds", "checks"), [(59, 1), (60, 0), (86_400, 0), (86_401, 1)])
def test_implausible_durations_are_remarked_on(seconds, checks):
    found = check_names(make_decoded(seconds))
    assert found == [("duration_plausible", None)] * checks


def test_a_recording_that_begins_or_ends_in_the_air_is_cut_off():
    decoded = make_decoded(weight_on_wheels=make_series([0] * 600 + [1] * 600, bits=[1, 1]))
    (remark,) = remarks(decoded)
    assert remark.detail == "the recording begins in the air: part of the flight is missing"
    decoded = make_decoded(weight_on_wheels=make_series([1] * 600 + [0] * 600, bits=[1, 1]))
    assert "ends in the air" in remarks(decoded)[0].detail


@pytest.mark.parametrize(
    ("counts", "coding", "detail"),
    [
        ([], "unsigned", "samples (0) > 0"),
        ([0] * 1200, "unsigned", "dead: all bits zero in all 1200 samples"),
        ([4095] * 1200, "unsigned", "dead: all bits one in all 1200 samples"),
        ([-1] * 1200, "bnr", "dead: all bits one in all 1200 samples"),
        ([7] * 1200, "bnr", "dead: constant in all 1200 samples"),
        ([*moving_counts(800), *[7] * 400], "bnr", "flat_s (400) <= 300 in flight"),
    ],
)
def test_a_sensor_whose_value_does_not_move_is_remarked_on(counts, coding, detail):
    live = make_series(counts, coding=coding, live=True)
    still = make_series(counts, coding=coding)
    found = remarks(make_decoded(live=live, still=still))
    assert [(r.check, r.parameter, r.detail) for r in found] == [
        ("parameters_live", "live", detail)
    ]


def test_a_sensor_may_rest_on_the_ground():
    wheels = [1] * 600 + [0] * 200 + [1] * 400
    decoded = make_decoded(
        weight_on_wheels=make_series(wheels, bits=[1, 1]),
        torque=make_series([0] * 600 + moving_counts(200) + [0] * 400, live=True),
    )
    assert remarks(decoded) == ()


def test_missing_samples_are_neither_flat_nor_out_of_range():
    counts = [[second % 90, MISSING] for second in range(1200)]
    series = make_series(counts, words=[2, 34], live=True, valid_range=(0, 90))
    assert remarks(make_decoded(a=series)) == ()
