from datetime import UTC, datetime

import numpy as np
import pytest

from dataflow_health.simulator.curves import GRID_HZ
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.physics import FlightSignals
from dataflow_health.simulator.sampling import (
    clock_readings,
    constant_readings,
    encode_texts,
    round_to_counts,
    sample_instruments,
)
from dataflow_health.simulator.simulated_flight import simulate_flight
from dataflow_health_tests.simulator.decoding import plan

LAYOUT = generic_layout()


def test_noise_is_seven_tenths_of_a_count():
    flight = simulate_flight(plan(1200, 3), LAYOUT)
    clean = round_to_counts(LAYOUT, {"pitch_deg": np.zeros((1, 4))})["pitch_deg"]
    on_ground = flight.counts["pitch_deg"][:60] - clean
    assert 0.6 < on_ground.std() < 0.9


def test_a_signal_is_sampled_at_the_rate_of_its_parameter_without_noise_if_discrete():
    on = np.repeat([0.0, 1.0], GRID_HZ)
    signals = FlightSignals(2, {"weight_on_wheels": on, "pitch_deg": on * 10}, ("ground",) * 2)
    readings = sample_instruments(signals, LAYOUT, np.random.default_rng(1))
    assert readings["weight_on_wheels"].tolist() == [[0.0], [1.0]]
    assert readings["pitch_deg"].shape == (2, 4)
    assert readings["pitch_deg"][1] == pytest.approx([10] * 4, abs=1.0)


def test_the_clock_has_one_row_for_each_second():
    started_at = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    rows = clock_readings(started_at, 2, {"year": "y", "second": "s"})
    assert rows["y"].tolist() == [[2026.0], [2027.0]]
    assert rows["s"].tolist() == [[59.0], [0.0]]


def test_constants_and_texts_fill_every_row():
    assert constant_readings(LAYOUT, 3, {"pitch_deg": 1.5})["pitch_deg"].tolist() == [[1.5] * 4] * 3
    rows = encode_texts(LAYOUT, 3, {"tail_number": "HB-ZAA"})["tail_number"]
    assert rows.shape[0] == 3
    assert (rows == rows[0]).all()
