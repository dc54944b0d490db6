from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from benchmarks.helicopter_phases import TRUTH_FILES, read_flight, score_phases
from benchmarks.real_recorders import DATA
from dataflow_health.flight.algorithms.air_ground import (
    AIR_GROUND_PARAMETERS,
    CONFIDENCE,
    Rule,
    has_phase_source,
    separate_air_from_ground,
)
from dataflow_health.flight.algorithms.phase_inputs import PhaseInputs
from dataflow_health.flight.recording import Flight
from dataflow_health_tests.flight.algorithms.flights import Samples, make_flight

FOLDER = DATA / "helicopter_phases"
needs_flight = pytest.mark.skipif(
    not FOLDER.exists(), reason="the published flight is not beside this project"
)
NAN = float("nan")


def states(second: Any = None, **parameters: Samples) -> str:
    """One letter a second: a in the air, g on the ground, ? unknown."""
    flight = make_flight(second, **parameters)
    decided = separate_air_from_ground(PhaseInputs(flight))
    assert not (decided.airborne & decided.grounded).any()
    assert ((decided.rules == Rule.UNDECIDED) == ~(decided.airborne | decided.grounded)).all()
    return "".join(np.where(decided.airborne, "a", np.where(decided.grounded, "g", "?")))


def rule_of_first(**parameters: Samples) -> Rule:
    return Rule(separate_air_from_ground(PhaseInputs(make_flight(range(3), **parameters))).rules[0])


FLAT: dict[str, Samples] = {"collective_pct": 2, "engine_1_torque_pct": 60}


@pytest.mark.parametrize(
    ("recorded", "state", "rule"),
    [
        (FLAT | {"weight_on_wheels": 0}, "a", Rule.WEIGHT_ON_WHEELS),
        ({"weight_on_wheels": 0, "rotor_speed_pct": 20}, "g", Rule.WEIGHT_ON_WHEELS),
        (FLAT | {"radio_altitude_ft": 6}, "a", Rule.RADIO_ALTITUDE),
        (FLAT | {"rotor_speed_pct": 20, "ground_speed_kt": 39}, "g", Rule.ROTOR_STOPPED),
        (FLAT | {"rotor_speed_pct": 20, "ground_speed_kt": 90}, "a", Rule.GROUND_SPEED),
        (FLAT | {"landing_gear_down": [0, 0, 1]}, "a", Rule.GEAR_UP),
        (FLAT | {"landing_gear_down": 0}, "g", Rule.POWER),
        (FLAT | {"landing_gear_down": 1, "ground_speed_kt": 40}, "a", Rule.GROUND_SPEED),
        (FLAT | {"ground_speed_kt": 39}, "g", Rule.POWER),
        (FLAT | {"collective_pct": 8}, "a", Rule.POWER),
        (FLAT | {"collective_pct": NAN}, "a", Rule.POWER),
        ({"engine_1_torque_pct": 21, "engine_2_torque_pct": NAN}, "g", Rule.POWER),
        (FLAT | {"vertical_speed_ft_min": -301}, "a", Rule.VERTICAL_SPEED),
        (FLAT | {"vertical_speed_ft_min": 300}, "g", Rule.POWER),
        ({"ground_speed_kt": 2, "vertical_speed_ft_min": 100}, "g", Rule.STANDING_STILL),
        ({"ground_speed_kt": 2}, "g", Rule.STANDING_STILL),
        ({"ground_speed_kt": 3}, "?", Rule.UNDECIDED),
        ({"collective_pct": 7}, "?", Rule.UNDECIDED),
        ({"vertical_speed_ft_min": 900, "airspeed_kt": 90}, "?", Rule.UNDECIDED),
    ],
)
def test_the_best_recorded_rule_decides(
    recorded: Mapping[str, Samples], state: str, rule: Rule
) -> None:
    assert states(range(3), **recorded)[0] == state
    assert rule_of_first(**recorded) is rule


def test_between_the_limits_the_state_before_is_kept_and_at_the_start_the_next() -> None:
    collective = [7.0] + [2] * 10 + [7, 9, 7, 7] + [2] * 10
    assert states(collective_pct=collective) == "g" * 12 + "a" * 3 + "g" * 10


def test_a_state_is_not_kept_across_a_gap_or_where_nothing_is_recorded() -> None:
    assert states([0, 1, 5, 6], collective_pct=[2, 7, 7, 7]) == "gg??"
    assert states(collective_pct=[2, NAN, 7]) == "g?g"


def test_flat_power_for_some_seconds_is_the_flare_of_a_quick_stop() -> None:
    collective = [60.0] * 15 + [2.0] * 9 + [60.0] * 15
    assert states(collective_pct=collective) == "a" * 39
    assert "g" * 10 in states(collective_pct=[60.0] * 15 + [2.0] * 10 + [60.0] * 15)


def test_flat_power_above_where_it_stood_is_a_glide_until_it_lasts_a_minute() -> None:
    collective = [2.0] * 20 + [60.0] * 10 + [2.0] * 30 + [60.0] * 5
    height = [400.0] * 20 + [800.0] * 45
    assert states(collective_pct=collective, gps_altitude_ft=height) == "g" * 20 + "a" * 45
    roof = [2.0] * 20 + [60.0] * 10 + [2.0] * 60 + [60.0] * 5
    height = [400.0] * 20 + [800.0] * 75
    found = states(collective_pct=roof, gps_altitude_ft=height)
    assert found == "g" * 20 + "a" * 10 + "g" * 60 + "a" * 5


def test_one_step_of_an_altitude_encoder_lifts_nothing() -> None:
    height = [1000.0] * 20 + [1100.0] * 20
    for standing in ({"ground_speed_kt": [0.0] * 40}, {"collective_pct": [2.0] * 40}):
        assert states(pressure_altitude_ft=height, **standing) == "g" * 40


def test_standing_still_takes_ten_seconds() -> None:
    speed = [20.0] * 3 + [1.0] * 11 + [20.0] * 3
    flight = make_flight(ground_speed_kt=speed)
    decided = separate_air_from_ground(PhaseInputs(flight))
    assert np.flatnonzero(decided.rules == Rule.STANDING_STILL).tolist() == [8]


def test_a_climb_from_where_it_stood_is_seen_by_the_satellite_receiver() -> None:
    speed = [0.0] * 12 + [20.0] * 6
    height = [400.0] * 12 + [405.0, 430, 450, 451, 470, 440]
    assert states(ground_speed_kt=speed, gps_altitude_ft=height) == "g" * 15 + "aaa"


def test_every_rule_has_a_confidence_and_every_source_is_read() -> None:
    assert set(CONFIDENCE) == set(Rule)
    assert all(has_phase_source({name}) for name in ("weight_on_wheels", "collective_pct"))
    assert not has_phase_source({"vertical_speed_ft_min", "airspeed_kt"})
    assert len(AIR_GROUND_PARAMETERS) == 11


@needs_flight
@pytest.mark.parametrize(
    ("without", "share"),
    [((), 0.99), (("collective_pct",), 0.97), (("engine_1_torque_pct",), 0.99)],
)
@pytest.mark.parametrize("truth", TRUTH_FILES)
def test_a_published_flight_without_a_squat_switch(
    truth: str, without: tuple[str, ...], share: float
) -> None:
    flight = read_flight(FOLDER)
    kept = {name: each for name, each in flight.values.items() if name not in without}
    score = score_phases(Flight(flight.second, kept), FOLDER / truth)
    assert score.right_share >= share
    assert score.unknown_share < 0.02
