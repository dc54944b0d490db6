"""Classifies the phase of flight of each second, so that YAML can say ``during: [cruise]``.

The rules, first match wins; a second that matches none, or whose inputs are missing, is
``unknown``:

* *in the air* or *on the ground*: :mod:`~dataflow_health.flight.algorithms.air_ground`.
* *engine state*: from NG; without it, the rotor above 50 % means the engines run; without either,
  an engine's speed above 50 rpm or its fuel flow above 1 kg/h does, and their absence is
  ``power_off``; where nothing of an engine is recorded, they count as running.
* on the ground: ``power_off`` (NG below 5 % on both), ``start`` and ``shutdown`` (an engine
  between, on its way up or down), ``landing`` (the first 10 s after touchdown), ``taxi`` (ground
  speed above 3 kt), else ``ground``.
* in the air: ``autorotation`` (torque below 10 %, or the rotor 5 % above every power turbine; rotor
  above 90 %, sinking faster than 500 ft/min), ``hover`` (below 10 kt and 50 ft; level where
  no radio altitude is known), ``approach`` (below 500 ft and sinking faster than 300 ft/min, or 100
  when slower than 60 kt), ``climb``, ``descent`` (beyond 300 ft/min), ``steady`` (cruise that holds
  height and torque), else ``cruise``.

Vertical speed is the mean of 5 s; where it is not recorded, the slope of pressure altitude; without
either, flight counts as level. Limits are generic for a light or medium twin, set by this project.
"""

from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.algorithms.air_ground import (
    AIR_GROUND_PARAMETERS,
    FLYING_ROTOR_PCT,
    separate_air_from_ground,
)
from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.intervals import rolling_extreme
from dataflow_health.flight.algorithms.phase_inputs import PhaseInputs
from dataflow_health.flight.algorithms.sample_hold import Indices
from dataflow_health.flight.recording import Flight

PhaseCodes = npt.NDArray[np.uint8]
"""One :class:`Phase` per second."""


class Phase(IntEnum):
    """Phase of flight; the number is the code in :data:`PhaseCodes`."""

    UNKNOWN = 0
    POWER_OFF = 1
    START = 2
    GROUND = 3
    TAXI = 4
    HOVER = 5
    CLIMB = 6
    CRUISE = 7
    STEADY = 8
    DESCENT = 9
    AUTOROTATION = 10
    APPROACH = 11
    LANDING = 12
    SHUTDOWN = 13


PhaseWord = Literal[
    "power_off", "start", "ground", "taxi", "hover", "climb", "cruise", "steady", "descent",
    "autorotation", "approach", "landing", "shutdown", "airborne", "engines_running",
]  # fmt: skip
"""Words for ``during``. ``cruise`` contains ``steady``; ``airborne`` is hover to approach;
``engines_running`` is all but power off."""

PHASE_WORDS: tuple[str, ...] = get_args(PhaseWord)

_PHASE_GROUPS: Mapping[str, frozenset[Phase]] = {
    "cruise": frozenset({Phase.CRUISE, Phase.STEADY}),
    "airborne": frozenset(phase for phase in Phase if Phase.HOVER <= phase <= Phase.APPROACH),
    "engines_running": frozenset(Phase) - {Phase.UNKNOWN, Phase.POWER_OFF},
}

PHASE_PARAMETERS = AIR_GROUND_PARAMETERS | {
    "engine_1_ng_pct",
    "engine_2_ng_pct",
    "engine_1_nf_pct",
    "engine_2_nf_pct",
    "engine_1_speed_rpm",
    "engine_2_speed_rpm",
    "engine_1_fuel_flow_kg_h",
    "engine_2_fuel_flow_kg_h",
}
"""Parameters that :func:`classify_phases` uses; any may be missing."""

TURNING_NG_PCT = 5.0
TURNING_RPM = 50.0
BURNING_KG_H = 1.0
RUNNING_NG_PCT = 50.0
AUTOROTATION_ROTOR_PCT = 90.0
AUTOROTATION_TORQUE_PCT = 10.0
NEEDLE_SPLIT_PCT = 5.0
"""Rotor speed above that of every power turbine by which no engine drives the rotor."""

DEAD_NF_PCT = 5.0
"""A power turbine that drives the rotor turns faster: at or below, its sensor is dead."""

AUTOROTATION_SINK_FT_MIN = -500.0
LEVEL_FT_MIN = 300.0
STEADY_FT_MIN = 200.0
STEADY_TORQUE_PCT = 10.0
STEADY_S = 10
HOVER_KT = 10.0
HOVER_FT = 50.0
APPROACH_FT = 500.0
SLOW_KT = 60.0
SLOW_FT_MIN = 100.0
TAXI_KT = 3.0
LANDING_S = 10


def phase_codes(words: Collection[str]) -> list[int]:
    """Codes of the phases that some words stand for, ascending.

    Raises:
        KeyError: A word is no phase.
    """
    return sorted({int(phase) for word in words for phase in _expand_word(word)})


def classify_phases(flight: Flight) -> PhaseCodes:
    """The phase of each second of a flight.

    Args:
        flight: Any recording; every parameter may be missing.

    Returns:
        uint8 (n,) of :class:`Phase`, one per row of ``flight.second``.
    """
    inputs = PhaseInputs(flight)
    decided = separate_air_from_ground(inputs)
    airborne, grounded = decided.airborne, decided.grounded
    codes = np.full(len(flight.second), Phase.UNKNOWN, dtype=np.uint8)
    _classify_ground(codes, grounded, airborne, inputs)
    _classify_air(codes, airborne, inputs)
    return codes


def _expand_word(word: str) -> Collection[Phase]:
    return _PHASE_GROUPS[word] if word in _PHASE_GROUPS else (Phase[word.upper()],)


def _classify_ground(
    codes: PhaseCodes, grounded: Mask, airborne: Mask, inputs: PhaseInputs
) -> None:
    """Writes ground phases, from the weakest rule to the strongest, as later lines win."""
    engines = (inputs["engine_1_ng_pct"], inputs["engine_2_ng_pct"])
    fastest = np.fmax(*engines)
    rotor_turns = np.isnan(fastest) & (inputs["rotor_speed_pct"] >= FLYING_ROTOR_PCT)
    runs, stands = _running_and_standing(inputs)
    running = grounded & ((fastest >= TURNING_NG_PCT) | rotor_turns | runs)
    codes[running] = Phase.GROUND
    codes[running & (inputs["ground_speed_kt"] > TAXI_KT)] = Phase.TAXI
    codes[running & _is_recent(airborne, inputs.segment, LANDING_S)] = Phase.LANDING
    (up_1, down_1), (up_2, down_2) = (_spooling_up_and_down(ng_pct) for ng_pct in engines)
    codes[running & (down_1 | down_2)] = Phase.SHUTDOWN
    codes[running & (up_1 | up_2)] = Phase.START
    codes[grounded & ((fastest < TURNING_NG_PCT) | stands)] = Phase.POWER_OFF


def _running_and_standing(inputs: PhaseInputs) -> tuple[Mask, Mask]:
    """Two masks of the engines where neither NG nor the rotor is recorded at all.

    By engine speed, else by fuel flow; they count as running where none of these is recorded.
    """
    nothing = np.zeros(len(inputs.segment), np.bool_)
    if any(map(inputs.has, ("engine_1_ng_pct", "engine_2_ng_pct", "rotor_speed_pct"))):
        return nothing, nothing
    for quantity, limit in (("speed_rpm", TURNING_RPM), ("fuel_flow_kg_h", BURNING_KG_H)):
        engines = [inputs[f"engine_{number}_{quantity}"] for number in (1, 2)]
        fastest = np.fmax(*engines)
        if not np.isnan(fastest).all():
            return fastest >= limit, fastest < limit
    return ~nothing, nothing


def _classify_air(codes: PhaseCodes, airborne: Mask, inputs: PhaseInputs) -> None:
    """Writes flight phases, from the weakest rule to the strongest, as later lines win."""
    climb, height_ft = inputs.climb_ft_min, inputs["radio_altitude_ft"]
    torques = (inputs["engine_1_torque_pct"], inputs["engine_2_torque_pct"])
    speed_kt = inputs["ground_speed_kt"]
    codes[airborne] = Phase.CRUISE
    codes[airborne & _is_steady(climb, torques, inputs.segment)] = Phase.STEADY
    codes[airborne & (climb > LEVEL_FT_MIN)] = Phase.CLIMB
    sinking = airborne & (climb < -LEVEL_FT_MIN)
    codes[sinking] = Phase.DESCENT
    sinking_slowly = airborne & (speed_kt < SLOW_KT) & (climb < -SLOW_FT_MIN)
    codes[(sinking | sinking_slowly) & (height_ft < APPROACH_FT)] = Phase.APPROACH
    is_low = (height_ft < HOVER_FT) | (np.isnan(height_ft) & ~(np.abs(climb) > LEVEL_FT_MIN))
    codes[airborne & is_low & (speed_kt < HOVER_KT)] = Phase.HOVER
    rotor_pct = inputs["rotor_speed_pct"]
    turbines = (inputs["engine_1_nf_pct"], inputs["engine_2_nf_pct"])
    unpowered = np.fmax(*torques) < AUTOROTATION_TORQUE_PCT
    unpowered |= (rotor_pct - np.fmax(*turbines) > NEEDLE_SPLIT_PCT) & ~(
        _is_pulling(torques[0], turbines[0]) | _is_pulling(torques[1], turbines[1])
    )
    windmilling = unpowered & (rotor_pct > AUTOROTATION_ROTOR_PCT)
    codes[airborne & windmilling & (climb < AUTOROTATION_SINK_FT_MIN)] = Phase.AUTOROTATION


def _is_pulling(torque_pct: Values, nf_pct: Values) -> Mask:
    """An engine with torque whose power turbine's speed is missing or dead: no split of needles."""
    return (torque_pct >= AUTOROTATION_TORQUE_PCT) & ~(nf_pct > DEAD_NF_PCT)


def _is_recent(mask: Mask, segment: Indices, seconds: int) -> Mask:
    """True within so many seconds after the mask was last True, without a gap in between."""
    rows = np.arange(len(mask))
    latest = np.maximum.accumulate(np.where(mask, rows, -1))
    recent: Mask = (latest >= 0) & (rows - latest <= seconds) & (segment == segment[latest])
    return recent


def _spooling_up_and_down(ng_pct: Values) -> tuple[Mask, Mask]:
    """Two masks of one engine between turning and running: on its way up, and on its way down.

    What follows decides: up if the engine then runs. An engine that then stands, or whose recording
    ends, is shut down if it ran before, else it is a start that was broken off.
    """
    between = (ng_pct >= TURNING_NG_PCT) & (ng_pct < RUNNING_NG_PCT)
    runs, stands = ng_pct >= RUNNING_NG_PCT, ng_pct < TURNING_NG_PCT
    rows = np.arange(len(ng_pct))
    before = np.maximum.accumulate(np.where(runs | stands, rows, -1))
    after = np.minimum.accumulate(np.where(runs | stands, rows, len(rows))[::-1])[::-1]
    runs_after = np.append(runs, False)[after]
    stood_before = (before >= 0) & stands[before]
    cut_off_both = (before < 0) & (after == len(rows))
    up = between & (runs_after | stood_before | cut_off_both)
    return up, between & ~up


def _is_steady(climb_ft_min: Values, torques: tuple[Values, Values], segment: Indices) -> Mask:
    """True in level flight with the engines' mean torque in a narrow band."""
    mean = (torques[0] + torques[1]) / 2
    torque = np.where(np.isnan(mean), np.fmax(*torques), mean)
    steady = np.zeros(len(torque), dtype=np.bool_)
    window = STEADY_S + 1
    if len(torque) >= window:
        highest = rolling_extreme(torque, window, np.maximum)
        spread = highest - rolling_extreme(torque, window, np.minimum)
        is_whole = segment[: len(spread)] == segment[window - 1 :]
        middle = slice(STEADY_S // 2, STEADY_S // 2 + len(spread))
        steady[middle] = is_whole & (spread < STEADY_TORQUE_PCT)
    return steady & (np.abs(climb_ft_min) < STEADY_FT_MIN)
