import numpy as np

from dataflow_health_tests.simulator.faulty_recordings import (
    FLIGHT,
    changed_parameters,
    decode_with,
)


def test_only_the_named_sensors_change():
    changed = {
        "stuck": {"main_gearbox_oil_temperature_c"},
        "dead": {"mast_moment_pct"},
        "noisy": {"tail_gearbox_temperature_c"},
        "spikes": {"intermediate_gearbox_temperature_c"},
        "wrong_sign": {"acceleration_lateral_g"},
        "out_of_range": {"battery_volts_v"},
        "drift": {"engine_2_oil_pressure_psi"},
        "clock_back": {"utc_hour"},
    }
    for name, expected in changed.items():
        assert changed_parameters(decode_with(name)) == expected, name


def test_swapped_engines_exchange_their_values():
    recording = decode_with("swapped_engines")
    first = recording.series["engine_1_tot_c"]
    assert np.array_equal(first.counts, FLIGHT.counts["engine_2_tot_c"][first.rows])
    assert all(name.startswith("engine_") for name in changed_parameters(recording))


def test_a_recording_cut_in_flight_ends_airborne():
    recording = decode_with("cut_in_flight")
    assert recording.duration_s == 550
    assert recording.series["weight_on_wheels"].counts[-1, 0] == 0


def test_a_clock_reset_goes_back_to_1980():
    years = decode_with("clock_reset").series["utc_year"].counts[:, 0]
    assert (years[0], years[-1]) == (2026, 1980)
