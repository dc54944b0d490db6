from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataflow_health.flight.algorithms.flight_phase import (
    PHASE_PARAMETERS,
    PHASE_WORDS,
    Phase,
    classify_phases,
    phase_codes,
)
from dataflow_health.flight.recording import Flight
from dataflow_health_tests.flight.algorithms.flights import Samples, make_flight

NAN = float("nan")

FLYING: dict[str, Samples] = {
    "weight_on_wheels": 0,
    "engine_1_ng_pct": 92,
    "engine_2_ng_pct": 92,
    "engine_1_torque_pct": 60,
    "engine_2_torque_pct": 60,
    "rotor_speed_pct": 100,
    "ground_speed_kt": 100,
    "radio_altitude_ft": 1000,
    "vertical_speed_ft_min": 0,
}
STANDING = FLYING | {
    "weight_on_wheels": 1,
    "radio_altitude_ft": 0,
    "ground_speed_kt": 0,
    "engine_1_torque_pct": 15,
    "engine_2_torque_pct": 15,
}


def phase_names(flight: Flight) -> list[str]:
    return [Phase(code).name.lower() for code in classify_phases(flight)]


class Noted(dict[str, Any]):
    """Values of a flight that note which were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: object = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def test_the_parameters_of_the_phases_are_exactly_those_that_the_rules_read() -> None:
    values = Noted()
    values["ground_speed_kt"] = np.zeros((30, 1))
    classify_phases(Flight(second=np.arange(30, dtype=np.int32), values=values))
    assert values.names == PHASE_PARAMETERS


def test_there_is_one_byte_of_phase_for_each_second() -> None:
    codes = classify_phases(make_flight(second=range(21), **FLYING))
    assert (codes.dtype, codes.shape) == (np.uint8, (21,))


def phases_in_air(seconds: int = 21, **changes: Samples) -> list[str]:
    return phase_names(make_flight(second=range(seconds), **(FLYING | changes)))


def phases_on_ground(seconds: int = 21, **changes: Samples) -> list[str]:
    return phase_names(make_flight(second=range(seconds), **(STANDING | changes)))


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, "steady"),
        ({"vertical_speed_ft_min": 250}, "cruise"),
        ({"vertical_speed_ft_min": 800}, "climb"),
        ({"vertical_speed_ft_min": -800}, "descent"),
        ({"vertical_speed_ft_min": -800, "radio_altitude_ft": 400}, "approach"),
        (
            {"vertical_speed_ft_min": -160, "radio_altitude_ft": 90, "ground_speed_kt": 40},
            "approach",
        ),
        ({"vertical_speed_ft_min": -160, "radio_altitude_ft": 90}, "steady"),
        ({"radio_altitude_ft": 12, "ground_speed_kt": 2}, "hover"),
        ({"radio_altitude_ft": 12, "ground_speed_kt": 30}, "steady"),
        (
            {
                "vertical_speed_ft_min": -1600,
                "engine_1_torque_pct": 3,
                "engine_2_torque_pct": 4,
                "rotor_speed_pct": 103,
            },
            "autorotation",
        ),
        ({"vertical_speed_ft_min": -1600, "engine_1_torque_pct": 3}, "descent"),
    ],
)
def test_phases_in_the_air(changes: dict[str, Samples], phase: str) -> None:
    assert phases_in_air(**changes)[10] == phase


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, "ground"),
        ({"ground_speed_kt": 8}, "taxi"),
        ({"engine_1_ng_pct": 0, "engine_2_ng_pct": 1, "rotor_speed_pct": 0}, "power_off"),
        ({"engine_1_ng_pct": 0}, "ground"),
    ],
)
def test_phases_on_the_ground(changes: dict[str, Samples], phase: str) -> None:
    assert phases_on_ground(**changes)[10] == phase


GLIDING: dict[str, Samples] = {
    "vertical_speed_ft_min": -1600, "engine_1_torque_pct": 3, "engine_2_torque_pct": 4,
    "rotor_speed_pct": 103,
}  # fmt: skip


LIMITS_IN_AIR: list[tuple[Any, ...]] = [
    ("vertical_speed_ft_min", {}, 200, "steady", "cruise", "cruise"),
    ("vertical_speed_ft_min", {}, 300, "cruise", "cruise", "climb"),
    ("vertical_speed_ft_min", {}, -300, "descent", "cruise", "cruise"),
    ("vertical_speed_ft_min", {}, -200, "cruise", "cruise", "steady"),
    ("radio_altitude_ft", {"vertical_speed_ft_min": -800}, 500,
     "approach", "descent", "descent"),
    ("ground_speed_kt", {"vertical_speed_ft_min": -250, "radio_altitude_ft": 400}, 60,
     "approach", "cruise", "cruise"),
    ("vertical_speed_ft_min", {"ground_speed_kt": 40, "radio_altitude_ft": 400}, -100,
     "approach", "steady", "steady"),
    ("radio_altitude_ft", {"ground_speed_kt": 2}, 50, "hover", "steady", "steady"),
    ("ground_speed_kt", {"radio_altitude_ft": 12}, 10, "hover", "steady", "steady"),
    ("vertical_speed_ft_min", GLIDING, -500, "autorotation", "descent", "descent"),
    ("rotor_speed_pct", GLIDING, 90, "descent", "descent", "autorotation"),
    ("engine_1_torque_pct", GLIDING, 10, "autorotation", "descent", "descent"),
    ("rotor_speed_pct", {"engine_1_ng_pct": 0, "engine_2_ng_pct": 0}, 50,
     "power_off", "steady", "steady"),
    ("weight_on_wheels", {}, 0.5, "steady", "taxi", "taxi"),
]  # fmt: skip
LIMITS_ON_GROUND: list[tuple[Any, ...]] = [
    ("ground_speed_kt", {}, 3, "ground", "ground", "taxi"),
    ("engine_1_ng_pct", {"engine_2_ng_pct": 0}, 5, "power_off", "start", "start"),
    ("engine_1_ng_pct", {}, 50, "start", "ground", "ground"),
    ("rotor_speed_pct", {"engine_1_ng_pct": NAN, "engine_2_ng_pct": NAN}, 50,
     "unknown", "ground", "ground"),
]  # fmt: skip
"""Parameter, other parameters, limit, and the phases just below, at and just above it."""


@pytest.mark.parametrize(
    ("phases", "name", "base", "limit", "expected"),
    [(phases_in_air, *row[:3], row[3:]) for row in LIMITS_IN_AIR]
    + [(phases_on_ground, *row[:3], row[3:]) for row in LIMITS_ON_GROUND],
)
def test_a_limit_is_exact(
    phases: Callable[..., list[str]],
    name: str,
    base: dict[str, Samples],
    limit: float,
    expected: tuple[str, ...],
) -> None:
    found = [phases(**(base | {name: limit + step}))[10] for step in (-0.01, 0, 0.01)]
    assert found == list(expected)


def test_the_wheels_are_off_above_five_feet() -> None:
    flight = make_flight(second=range(3), **(FLYING | {"radio_altitude_ft": [5, 5.01, 4.99]}))
    del flight.values["weight_on_wheels"]  # type: ignore[attr-defined]
    assert phase_names(flight) == ["taxi", "cruise", "landing"]


def test_torque_is_steady_below_ten_percent_of_spread() -> None:
    for spread, phase in ((9.99, "steady"), (10, "cruise")):
        torque = [60.0] * 20 + [60.0 + spread] * 20
        phases = phases_in_air(40, engine_1_torque_pct=torque, engine_2_torque_pct=torque)
        assert phases[20] == phase


def test_the_torque_of_one_engine_is_enough() -> None:
    assert phases_in_air(engine_2_torque_pct=NAN)[10] == "steady"
    torque = [60.0] * 10 + [90.0] * 11
    assert phases_in_air(engine_1_torque_pct=torque, engine_2_torque_pct=NAN)[10] == "cruise"


def test_vertical_speed_is_the_mean_of_five_seconds() -> None:
    climb = [0.0] * 10 + [1501.0] + [0.0] * 10
    assert phases_in_air(vertical_speed_ft_min=climb)[7:14] == (
        ["steady"] + ["climb"] * 5 + ["steady"]
    )
    climb[10] = 1499
    assert "climb" not in phases_in_air(vertical_speed_ft_min=climb)


def test_a_flight_shorter_than_the_torque_window_is_never_steady() -> None:
    assert set(phases_in_air(10)) == {"cruise"}
    assert phases_in_air(11) == ["cruise"] * 5 + ["steady"] + ["cruise"] * 5


def test_an_engine_spooling_up_is_a_start_and_down_a_shutdown() -> None:
    ng = [0, 0, 10, 20, 35, 55, 65, 65, 48, 20, 8, 2, 0]
    assert phases_on_ground(13, engine_1_ng_pct=ng, engine_2_ng_pct=0) == (
        ["power_off"] * 2 + ["start"] * 3 + ["ground"] * 3 + ["shutdown"] * 3 + ["power_off"] * 2
    )


def test_a_start_that_is_broken_off_is_a_start() -> None:
    ng = [0, 0, 10, 20, 25, 15, 6, 0]
    assert phases_on_ground(8, engine_1_ng_pct=ng, engine_2_ng_pct=0)[2:7] == ["start"] * 5


def test_a_recording_that_begins_in_a_shutdown_has_a_shutdown() -> None:
    ng = [30, 20, 10, 2, 0]
    assert phases_on_ground(5, engine_1_ng_pct=ng, engine_2_ng_pct=0)[:3] == ["shutdown"] * 3


def test_the_second_engine_starts_while_the_first_runs() -> None:
    ng = [0, 10, 30, 60, 65]
    assert phases_on_ground(5, engine_2_ng_pct=ng) == [
        "ground",
        "start",
        "start",
        "ground",
        "ground",
    ]


def test_landing_is_ten_seconds_from_touchdown() -> None:
    wheels = [0] * 5 + [1] * 16
    after = phases_in_air(weight_on_wheels=wheels, radio_altitude_ft=0, ground_speed_kt=0)[5:]
    assert after == ["landing"] * 10 + ["ground"] * 6


def test_landing_does_not_reach_over_a_gap() -> None:
    second = [0, 1, 2, 3, 9, 10, 11]
    flight = make_flight(second=second, **(STANDING | {"weight_on_wheels": [0, 0, 0, 1, 1, 1, 1]}))
    assert phase_names(flight)[3:] == ["landing", "ground", "ground", "ground"]


def test_steady_needs_constant_torque_in_the_seconds_around() -> None:
    torque = [60] * 20 + [72] * 20
    got = phases_in_air(40, engine_1_torque_pct=torque, engine_2_torque_pct=torque)
    assert got[5:15] == ["steady"] * 10
    assert got[15:25] == ["cruise"] * 10
    assert got[25:35] == ["steady"] * 10


def test_a_torque_split_about_the_same_mean_is_still_steady() -> None:
    got = phases_in_air(40, engine_1_torque_pct=[60] * 20 + [67] * 20,
                engine_2_torque_pct=[60] * 20 + [53] * 20)  # fmt: skip
    assert got[5:35] == ["steady"] * 30


def test_without_weight_on_wheels_radio_altitude_decides() -> None:
    height = [0, 0, 0, 20, 40, 60]
    flight = make_flight(second=range(6), **(STANDING | {"radio_altitude_ft": height}))
    del flight.values["weight_on_wheels"]  # type: ignore[attr-defined]
    assert phase_names(flight) == ["ground"] * 3 + ["hover"] * 2 + ["cruise"]


def test_a_second_without_the_sensor_is_decided_by_what_else_is_recorded() -> None:
    gap = {"weight_on_wheels": [0] * 10 + [NAN] + [0] * 10}
    assert phases_in_air(**gap)[10] == "steady"
    others = ("ground_speed_kt", "engine_1_torque_pct", "engine_2_torque_pct", "collective_pct",
              "vertical_speed_ft_min", "gps_altitude_ft", "landing_gear_down")  # fmt: skip
    assert phases_in_air(**gap, **dict.fromkeys(others, NAN))[10] == "unknown"


def test_standing_in_the_air_is_a_hover_though_no_radio_altitude_is_recorded() -> None:
    still = {"ground_speed_kt": 5, "radio_altitude_ft": NAN}
    assert phases_in_air(**still)[10] == "hover"
    assert phases_in_air(**still, vertical_speed_ft_min=800)[10] == "climb"


def test_wheels_off_with_a_stopped_rotor_counts_as_ground() -> None:
    assert phases_in_air(rotor_speed_pct=0, engine_1_ng_pct=0, engine_2_ng_pct=0)[10] == "power_off"


def test_without_gas_generator_speed_the_rotor_shows_running_engines() -> None:
    assert phases_on_ground(engine_1_ng_pct=NAN, engine_2_ng_pct=NAN)[10] == "ground"
    still = phases_on_ground(engine_1_ng_pct=NAN, engine_2_ng_pct=NAN, rotor_speed_pct=0)
    assert still[10] == "unknown"


def test_without_vertical_speed_the_slope_of_altitude_is_used() -> None:
    climb = np.arange(21) * 10.0  # ft a second: 600 ft/min
    flight = make_flight(second=range(21), **(FLYING | {"pressure_altitude_ft": climb.tolist()}))
    del flight.values["vertical_speed_ft_min"]  # type: ignore[attr-defined]
    assert phase_names(flight)[10] == "climb"


def test_a_piston_log_has_the_phases_that_its_speed_shows() -> None:
    flight = make_flight(ground_speed_kt=[90] * 5, vertical_speed_ft_min=[100] * 5)
    assert phase_names(flight) == ["cruise"] * 5
    unknown = make_flight(airspeed_kt=[90] * 5, vertical_speed_ft_min=[100] * 5)
    assert phase_names(unknown) == ["unknown"] * 5


def test_needles_that_split_are_an_autorotation_though_torque_is_not_recorded() -> None:
    gliding: dict[str, Samples] = {
        "vertical_speed_ft_min": -1600, "engine_1_torque_pct": NAN, "engine_2_torque_pct": NAN,
        "rotor_speed_pct": 103, "engine_1_nf_pct": 70, "engine_2_nf_pct": 97.9,
    }  # fmt: skip
    assert phases_in_air(**gliding)[10] == "autorotation"
    stuck_torque = gliding | {"engine_1_torque_pct": 60}
    assert phases_in_air(**stuck_torque)[10] == "autorotation"
    dead = {"engine_1_torque_pct": 60, "engine_1_nf_pct": 0, "engine_2_nf_pct": 0}
    for driving in ({"engine_2_nf_pct": 98}, {"engine_1_nf_pct": 103}, dead):
        assert phases_in_air(**(gliding | driving))[10] == "descent"


def test_engines_of_which_nothing_is_recorded_count_as_running() -> None:
    flight = make_flight(weight_on_wheels=[1] * 3)
    assert phase_names(flight) == ["ground"] * 3


@pytest.mark.parametrize("quantity", ["speed_rpm", "fuel_flow_kg_h"])
def test_without_gas_generator_and_rotor_the_engine_itself_shows_whether_it_runs(
    quantity: str,
) -> None:
    other = {"engine_2_fuel_flow_kg_h": 80} if quantity == "speed_rpm" else {}
    flight = make_flight(
        weight_on_wheels=[1] * 3, **{f"engine_1_{quantity}": [0, NAN, 200]}, **other
    )
    assert phase_names(flight) == ["power_off", "unknown", "ground"]


def test_an_empty_recording_has_no_seconds() -> None:
    assert len(classify_phases(make_flight(second=[], weight_on_wheels=[]))) == 0


def test_words_for_groups_stand_for_their_phases() -> None:
    assert phase_codes(["airborne"]) == list(range(Phase.HOVER, Phase.LANDING))
    assert phase_codes(["cruise"]) == [Phase.CRUISE, Phase.STEADY]
    assert set(phase_codes(["engines_running"])) == set(Phase) - {Phase.UNKNOWN, Phase.POWER_OFF}
    assert {code for word in PHASE_WORDS for code in phase_codes([word])} == set(Phase) - {
        Phase.UNKNOWN
    }


levels = st.sampled_from([-2000.0, -400.0, 0.0, 1.0, 3.0, 20.0, 60.0, 100.0, 1000.0])


@given(st.lists(st.lists(levels, min_size=len(PHASE_PARAMETERS), max_size=len(PHASE_PARAMETERS)),
                min_size=1, max_size=30), st.integers(0, 30))  # fmt: skip
def test_a_second_depends_only_on_its_own_segment(
    rows: Sequence[Sequence[float]], other: int
) -> None:
    """Samples before a gap change nothing, except between spooling up and spooling down."""
    columns = np.array(rows).T
    given_values = dict(zip(sorted(PHASE_PARAMETERS), columns.tolist(), strict=True))
    alone = make_flight(**given_values)
    second = [*range(other + 1), *(other + 100 + k for k in range(len(rows)))]
    before = {name: [FLYING.get(name, 0.0)] * (other + 1) for name in PHASE_PARAMETERS}
    joined = make_flight(
        second=second, **{name: before[name] + values for name, values in given_values.items()}
    )
    tail = classify_phases(joined)[other + 1 :]
    spooling = {Phase.START, Phase.SHUTDOWN}
    for mine, theirs in zip(classify_phases(alone), tail, strict=True):
        assert mine == theirs or {Phase(mine), Phase(theirs)} == spooling
