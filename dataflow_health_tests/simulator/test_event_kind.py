import numpy as np

from dataflow_health.simulator.event_kind import (
    above,
    airborne,
    any_second,
    below,
    change_over,
    discrete_on,
    steady_flight,
    touchdown,
    within,
)
from dataflow_health.simulator.excursion import Window

WINDOW = Window(20, 29)


def column(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)[:, None]


def test_an_event_below_a_limit_reaches_its_peak_within_its_window():
    kind = below("psi", "psi", "Low.", (42, 33, 28), 10)
    changed = kind.change({"psi": np.full((60, 1), 60.0)}, WINDOW, kind.peak)["psi"][:, 0]
    assert np.flatnonzero(changed < 40).tolist() == list(range(20, 30))
    assert (changed.min(), kind.take, kind.lasting_s) == (28, "min", 10)


def test_an_event_above_a_limit_has_a_margin_for_its_lead():
    kind = above("c", "C", "High.", (103, 108, 114), 10, lead_s=15)
    changed = kind.change({"c": np.full((60, 1), 80.0)}, WINDOW, kind.peak)["c"][:, 0]
    assert np.flatnonzero(changed > 105).tolist() == list(range(20, 30))
    assert (changed.max(), kind.take, kind.margin_s) == (114, "max", 17)


def test_a_discrete_event_is_on_in_its_window():
    kind = discrete_on("chip", "Chips.")
    changed = kind.change({"chip": np.zeros((60, 1))}, WINDOW, kind.peak)["chip"][:, 0]
    assert np.flatnonzero(changed).tolist() == list(range(20, 30))


def test_seconds_are_selected_by_their_readings():
    readings = {"x": column(1, 5, 9), "weight_on_wheels": column(1, 0, 1)}
    assert any_second(readings).tolist() == [True, True, True]
    assert within("x", 2, 9)(readings).tolist() == [False, True, False]
    assert airborne(readings).tolist() == [False, True, False]
    assert touchdown(readings).tolist() == [False, False, True]


def test_a_change_is_measured_over_its_interval():
    assert change_over("x", 2)({"x": column(1, 2, 4, 8)})[:, 0].tolist() == [0, 0, 3, 6]


def test_flight_is_steady_while_torque_and_height_are_constant():
    torque, climb = np.full((40, 1), 50.0), np.zeros((40, 1))
    torque[30:] = 80
    readings = {"engine_1_torque_pct": torque, "vertical_speed_ft_min": climb}
    steady = steady_flight(readings)
    assert steady[:24].all()
    assert not steady[25:35].any()
    climb[:5] = 500
    assert not steady_flight(readings)[:5].any()
