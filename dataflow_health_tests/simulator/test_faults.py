import numpy as np
import pytest

from dataflow_health.errors import NotFound, RecordingRefused
from dataflow_health.flight.quality import assess_quality
from dataflow_health.simulator.fault_kind import FaultKind
from dataflow_health.simulator.faults import FAULTS, fault, recording_bytes
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.recorded import record
from dataflow_health_tests.simulator.decoding import decoded, findings, plan

LAYOUT = generic_layout()
SOUND = record(plan(1000, 5), LAYOUT)
RAW = recording_bytes(SOUND, LAYOUT, "packed", None, np.random.default_rng(1))
UNREMARKED = {"kept", "found"}
INSIDE = {name: kind for name, kind in FAULTS.items() if kind.level != "archive"}


def broken(kind: FaultKind, seed: int = 1) -> bytes:
    return recording_bytes(SOUND, LAYOUT, "packed", kind, np.random.default_rng(seed))


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_says_where_it_shows_and_how_it_is_made(name):
    kind = FAULTS[name]
    steps = [kind.on_counts, kind.on_words, kind.on_bytes, kind.on_members, kind.on_files]
    assert sum(step is not None for step in steps) == 1
    assert kind.stage in {"download", "extract", "parse", "analyse"}
    assert bool(kind.reason) >= (kind.outcome in {"quarantined", "remarked", "found"})
    assert kind.loads == (kind.outcome not in {"quarantined", "waiting"})


@pytest.mark.parametrize("name", INSIDE)
def test_a_fault_changes_the_bytes_and_always_in_the_same_way(name):
    assert broken(INSIDE[name]) != RAW
    assert broken(INSIDE[name]) == broken(INSIDE[name])


@pytest.mark.parametrize("name", ["zero_filled", "wrong_frame_rate"])
def test_a_recording_that_cannot_be_read_is_refused_for_its_reason(name):
    with pytest.raises(RecordingRefused) as refusal:
        decoded(broken(INSIDE[name]), LAYOUT)
    assert refusal.value.reason == INSIDE[name].reason


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
def test_what_is_lost_is_a_gap_and_what_is_left_is_true(name, least, most):
    recording = decoded(broken(INSIDE[name]), LAYOUT)
    assert least <= recording.lost_s <= most
    shift = 3 if name == "starts_mid_frame" else 0
    for key, series in recording.series.items():
        if series.parameter.is_text or (name == "two_flights" and "utc" in key):
            continue
        rows = recording.second[series.rows] + shift
        first = rows < SOUND.plan.duration_s
        assert np.array_equal(series.counts[first], SOUND.counts[key][rows[first]]), key


def test_only_the_sensors_named_are_touched():
    touched = {
        "stuck": {"main_gearbox_oil_temperature_c"},
        "dead": {"mast_moment_pct"},
        "noisy": {"tail_gearbox_temperature_c"},
        "spikes": {"intermediate_gearbox_temperature_c"},
        "wrong_sign": {"acceleration_lateral_g"},
        "out_of_range": {"battery_volts_v"},
        "drift": {"engine_2_oil_pressure_psi"},
        "clock_back": {"utc_hour"},
    }
    for name, expected in touched.items():
        recording = decoded(broken(FAULTS[name]), LAYOUT)
        assert changed(recording) == expected, name


def changed(recording) -> set[str]:
    return {
        name
        for name, series in recording.series.items()
        if not series.parameter.is_text
        and not np.array_equal(series.counts, SOUND.counts[name][series.rows])
    }


def test_swapped_engines_are_each_others():
    recording = decoded(broken(FAULTS["swapped_engines"]), LAYOUT)
    first = recording.series["engine_1_tot_c"]
    assert np.array_equal(first.counts, SOUND.counts["engine_2_tot_c"][first.rows])
    assert all(name.startswith("engine_") for name in changed(recording))


@pytest.mark.parametrize("name", [n for n, k in INSIDE.items() if k.outcome == "found"])
def test_a_fault_that_an_algorithm_finds_is_found_by_it(name):
    found = findings(decoded(broken(INSIDE[name]), LAYOUT))
    assert [algorithm for algorithm, _ in found] == [INSIDE[name].reason]


@pytest.mark.parametrize(
    "name",
    [n for n, k in INSIDE.items() if k.loads and k.outcome != "found"],
)
def test_no_other_fault_makes_a_finding(name):
    assert findings(decoded(broken(INSIDE[name]), LAYOUT)) == []


@pytest.mark.parametrize("name", [n for n, k in INSIDE.items() if k.outcome == "remarked"])
def test_a_fault_that_a_check_names_is_named_by_it(name):
    remarks = assess_quality(decoded(broken(INSIDE[name]), LAYOUT), LAYOUT, SOUND.plan.started_at)
    assert INSIDE[name].reason in {remark.check for remark in remarks}
    assert not any(remark.refuse for remark in remarks)


@pytest.mark.parametrize("name", ["", *(n for n, k in INSIDE.items() if k.outcome in UNREMARKED)])
def test_no_check_names_a_sound_recording_nor_a_fault_that_harms_none(name):
    raw = broken(INSIDE[name]) if name else RAW
    assert assess_quality(decoded(raw, LAYOUT), LAYOUT, SOUND.plan.started_at) == ()


@pytest.mark.parametrize("name", ["ff_blocks", "sync_loss", "missing_blocks"])
def test_many_lost_seconds_are_named_by_the_check_of_sync(name):
    remarks = assess_quality(decoded(broken(INSIDE[name]), LAYOUT), LAYOUT, SOUND.plan.started_at)
    assert {remark.check for remark in remarks} == {INSIDE[name].reason}


def test_a_recording_cut_in_flight_ends_in_the_air():
    recording = decoded(broken(FAULTS["cut_in_flight"]), LAYOUT)
    assert recording.duration_s == 550
    assert recording.series["weight_on_wheels"].counts[-1, 0] == 0


def test_a_clock_that_was_reset_says_1980():
    recording = decoded(broken(FAULTS["clock_reset"]), LAYOUT)
    years = recording.series["utc_year"].counts[:, 0]
    assert (years[0], years[-1]) == (2026, 1980)


def test_another_layout_makes_nonsense_of_most_parameters_and_is_refused_for_it():
    recording = decoded(broken(FAULTS["wrong_layout"]), LAYOUT)
    assert len(changed(recording)) > 60
    first = assess_quality(recording, LAYOUT, SOUND.plan.started_at)[0]
    assert (first.check, first.refuse) == (FAULTS["wrong_layout"].reason, True)


def test_an_unknown_fault_is_told_with_those_there_are():
    with pytest.raises(NotFound, match=r"no fault 'flood'.*bit_slip"):
        fault("flood")
