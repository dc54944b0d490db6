"""Remarks on recordings, and recordings without any."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight import quality
from dataflow_health.flight.layout import Clock, Counter, Layout, Parameter
from dataflow_health.flight.quality import Remark, assess_quality
from dataflow_health.flight.recording import (
    MISSING,
    REPEATED_DATA,
    STUCK_COUNTER,
    DecodedRecording,
    Series,
    UnsyncedRegion,
)

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


@pytest.mark.parametrize(
    ("lost", "severity"),
    [(0, None), (12, None), (13, "warning"), (1200, "warning"), (1201, "error")],
)
def test_seconds_missing_from_the_timeline_are_remarked_on_by_their_share(lost, severity):
    second = np.concatenate([np.arange(600), np.arange(600) + 600 + lost]).astype(np.int32)
    found = remarks(make_decoded(second=second))
    assert [each.severity for each in found] == ([severity] if severity else [])
    for each in found:
        assert each.check == "frames_in_sync"
        assert each.detail.endswith(f"<= 1%: {lost} of {1200 + lost} s are missing")


def test_repeated_data_are_remarked_on():
    note = f"64 subframes {REPEATED_DATA}, the first at byte 4096"
    (remark,) = remarks(make_decoded(notes=(note,)))
    assert (remark.check, remark.severity, remark.detail) == ("clock_consistent", "warning", note)


def test_a_required_parameter_without_samples_is_missing():
    decoded = make_decoded(pitch_deg=make_series([], required=True), roll_deg=make_series([]))
    assert check_names(decoded) == [("parameters_present", "pitch_deg")]
    (remark,) = remarks(decoded)
    assert (remark.severity, remark.detail) == ("error", "samples (0) > 0 of a required parameter")


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
    assert (remark.check, remark.severity) == ("clock_consistent", "warning")
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
    assert {remark.severity for remark in remarks(make_decoded(seconds))} <= {"warning"}


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


@pytest.mark.parametrize(
    ("lost_subframes", "severity", "refuse"),
    [(6, None, None), (7, "warning", False), (1200, "warning", False), (1201, "error", False),
     (4800, "error", False), (4801, "error", True)],
)  # fmt: skip
@pytest.mark.parametrize(("encoding", "subframe_bytes"), [("packed", 96), ("le16", 128)])
def test_the_limits_of_lost_subframes_are_exact(
    lost_subframes, severity, refuse, encoding, subframe_bytes
):
    region = UnsyncedRegion(0, lost_subframes * subframe_bytes, 1)
    decoded = replace(make_decoded(unsynced=(region,)), encoding=encoding)
    found = remarks(decoded)
    assert [(r.severity, r.refuse) for r in found] == ([] if severity is None else [
        (severity, refuse)
    ])  # fmt: skip


def test_the_remark_on_lost_subframes_has_the_limit_that_is_missed():
    for lost, detail in (
        (1200, "frames_in_sync_pct (50.00%) >= 99.5%: 115200 bytes in 1 regions are out of sync"),
        (10800, "frames_in_sync_pct (10.00%) >= 20.0%: 1036800 bytes in 1 regions are out of sync"),
    ):
        (remark,) = remarks(make_decoded(unsynced=(UnsyncedRegion(0, lost * 96, lost),)))
        assert (remark.detail, remark.parameter) == (detail, None)


def outside(samples: int) -> Series:
    counts = [4000 if second < samples else 50 for second in range(1200)]
    return make_series(counts, valid_range=(0, 100))


@pytest.mark.parametrize(
    ("samples", "severity"), [(12, None), (13, "warning"), (600, "warning"), (601, "error")]
)
def test_the_limits_of_samples_out_of_range_are_exact(samples, severity):
    found = remarks(make_decoded(x=outside(samples)))
    assert [remark.severity for remark in found] == ([] if severity is None else [severity])


def test_both_ends_of_the_range_belong_to_it():
    edges = make_series([0, 100] * 600, valid_range=(0, 100))
    below = make_series([-1, 0] * 600, coding="bnr", valid_range=(0, 100))
    assert check_names(make_decoded(edges=edges, below=below)) == [("values_in_range", "below")]


def misfits(decoded, **given):
    """Reasons for which the layout is refused."""
    start = "the layout does not fit this aircraft: "
    return [r.detail.removeprefix(start) for r in remarks(decoded, **given) if r.refuse]


def partly_outside(bad, samples, total):
    """Series of which the bad ones have some samples outside their range, the others none."""
    series = {f"bad_{n}": outside(samples) for n in range(bad)}
    return series | {f"good_{n}": outside(0) for n in range(total - bad)}


ABSURD = "are mostly outside their range"
DOUBTFUL = "are often outside their range, and the superframe counter does not count"


@pytest.mark.parametrize(
    ("reason", "bad", "samples", "total", "is_refused"),
    [(ABSURD, 5, 601, 5, True), (ABSURD, 4, 601, 4, False), (ABSURD, 5, 601, 10, True),
     (ABSURD, 5, 601, 11, False), (ABSURD, 6, 600, 6, False),
     (DOUBTFUL, 5, 61, 5, True), (DOUBTFUL, 4, 61, 4, False), (DOUBTFUL, 5, 60, 5, False),
     (DOUBTFUL, 6, 61, 120, True), (DOUBTFUL, 6, 61, 121, False)],
)  # fmt: skip
def test_five_absurd_parameters_or_five_doubtful_ones_and_a_stuck_counter_refuse_the_layout(
    reason, bad, samples, total, is_refused
):
    notes = (STUCK_COUNTER,) if reason == DOUBTFUL else ()
    decoded = make_decoded(**partly_outside(bad, samples, total), notes=notes)
    expected = [f"{bad} of {total} parameters {reason}"] * is_refused
    assert misfits(decoded, counter=Counter(word=3)) == expected


def test_a_clock_that_does_not_run_is_evidence_against_the_layout():
    still = {name: make_series([second * second % 7 for second in range(1200)]) for name in "hms"}
    bad = {f"bad_{n}": outside(61) for n in range(5)}
    refused = [r for r in remarks(make_decoded(**still, **bad), clock=CLOCK) if r.refuse]
    assert refused[0].detail.endswith("and the clock does not run")
    assert not any(r.refuse for r in remarks(make_decoded(**clock_series(START), **bad),
                                             clock=CLOCK))  # fmt: skip


def test_a_stuck_counter_is_remarked_on():
    decoded = make_decoded(notes=(STUCK_COUNTER,))
    (remark,) = remarks(decoded, counter=Counter(word=3))
    assert (remark.check, remark.severity, remark.detail) == (
        "parameters_present", "warning", STUCK_COUNTER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("apart_s", "is_remarked", "has_hint"),
    [(300, False, False), (301, True, False), (900 + 30, True, True), (900 + 31, True, False),
     (900 - 31, True, False), (-7200, True, True)],
)  # fmt: skip
def test_the_limits_of_the_difference_from_the_name_are_exact(apart_s, is_remarked, has_hint):
    found = remarks(make_decoded(), START - timedelta(seconds=apart_s))
    assert bool(found) == is_remarked
    assert any("local time" in remark.detail for remark in found) == has_hint


@pytest.mark.parametrize(("flat", "is_remarked"), [(300, False), (301, True)])
def test_the_limit_of_a_flat_sensor_is_exact(flat, is_remarked):
    counts = [*moving_counts(600), *[200] * flat, *moving_counts(1200 - 600 - flat)]
    assert bool(remarks(make_decoded(x=make_series(counts, live=True)))) == is_remarked


def test_the_limit_of_a_flat_sensor_is_in_seconds_at_any_rate():
    fast = [[200, 200]] * 150 + [[second, second + 1] for second in range(1050)]
    series = make_series(fast, words=[2, 34], live=True)
    assert remarks(make_decoded(x=series)) == ()


def test_one_sample_is_not_dead():
    rows = np.zeros(1, np.int32)
    parameter = Parameter(words=[2], live=True)
    series = Series(parameter, rows, np.array([[7]], np.int32), (0.0,))
    assert remarks(make_decoded(x=series)) == ()


def test_remarks_that_refuse_the_recording_come_first():
    decoded = make_decoded(unsynced=(UnsyncedRegion(0, 700 * 96, 1),), **absurd_series(6))
    assert [remark.refuse for remark in remarks(decoded)] == [True] + [False] * 7


@given(st.lists(st.integers(0, 1), max_size=30), st.integers(0, 12), st.integers(1, 4), st.data())
def test_a_run_of_twice_the_size_has_a_block_of_equal_samples(
    before: list[int], run: int, size: int, data: st.DataObject
) -> None:
    after = data.draw(st.lists(st.integers(0, 1), max_size=30))
    counts = np.array([*before, *[1] * run, *after], np.int32)
    if len(counts) and quality._longest_run(counts) >= 2 * size:
        assert quality._has_equal_block(counts, size)
