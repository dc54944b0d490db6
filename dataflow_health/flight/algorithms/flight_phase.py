"""What a helicopter was doing in each second, so that algorithms can say ``during: [cruise]``.

The rules, first match wins; a second that matches none, or whose inputs are missing, is
``unknown``:

* *in the air*: weight off wheels; without that sensor, radio altitude above 5 ft; never with the
  rotor below 50 %.
* *engine state*: from NG; without it, the rotor above 50 % means the engines run.
* on the ground: ``power_off`` (NG below 5 % on both), ``start`` and ``shutdown`` (an engine
  between, on its way up or down), ``landing`` (the first 10 s after touchdown), ``taxi`` (ground
  speed above 3 kt), else ``ground``.
* in the air: ``autorotation`` (torque below 10 %, rotor above 90 %, sinking faster than 500
  ft/min), ``hover`` (below 50 ft and 10 kt), ``approach`` (below 500 ft and sinking faster than 300
  ft/min, or 100 when slower than 60 kt), ``climb``, ``descent`` (beyond 300 ft/min), ``steady``
  (cruise that holds height and torque), else ``cruise``.

Vertical speed is the mean of 5 s; where it is not recorded, the slope of pressure altitude; without
either, flight is taken for level. Recorders that tell neither weight on wheels nor radio altitude
(many piston types) have no phases: every second is ``unknown``, and algorithms that need a phase
say that they do not apply. Limits are generic for a light or medium twin, set by this project.
"""

from collections.abc import Collection, Mapping
from enum import IntEnum
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.intervals import rolling_extreme
from dataflow_health.flight.algorithms.sample_hold import (
    Indices,
    hold_samples,
    mean_per_second,
    segment_numbers,
)
from dataflow_health.flight.recording import Flight

PhaseCodes = npt.NDArray[np.uint8]


class Phase(IntEnum):
    """What the aircraft was doing; the number is what :func:`classify_phases` stores."""

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

PHASE_PARAMETERS = frozenset(
    {
        "weight_on_wheels",
        "radio_altitude_ft",
        "rotor_speed_pct",
        "engine_1_ng_pct",
        "engine_2_ng_pct",
        "engine_1_torque_pct",
        "engine_2_torque_pct",
        "ground_speed_kt",
        "vertical_speed_ft_min",
        "pressure_altitude_ft",
    }
)
"""All that :func:`classify_phases` looks at; any may be missing."""

TURNING_NG_PCT = 5.0
RUNNING_NG_PCT = 50.0
FLYING_ROTOR_PCT = 50.0
AUTOROTATION_ROTOR_PCT = 90.0
AUTOROTATION_TORQUE_PCT = 10.0
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
WHEELS_OFF_FT = 5.0
LANDING_S = 10
VERTICAL_SPEED_MEAN_S = 5


def phase_codes(words: Collection[str]) -> list[int]:
    """Phase numbers that the words stand for.

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
    seen = _PhaseInputs(flight)
    airborne, grounded = _airborne_and_grounded(seen)
    codes = np.full(len(flight.second), Phase.UNKNOWN, dtype=np.uint8)
    _classify_ground(codes, grounded, airborne, seen)
    _classify_air(codes, airborne, seen)
    return codes


class _PhaseInputs:
    """What the rules look at: one value a second of any parameter, NaN where it is missing."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.stretch = segment_numbers(flight.second)

    def __getitem__(self, name: str) -> Values:
        values = self.flight.values.get(name)
        if values is None:
            return np.full(len(self.stretch), np.nan)
        return mean_per_second(hold_samples(values, self.stretch))

    def has(self, name: str) -> bool:
        return not bool(np.isnan(self[name]).all())


def _expand_word(word: str) -> Collection[Phase]:
    return _PHASE_GROUPS[word] if word in _PHASE_GROUPS else (Phase[word.upper()],)


def _airborne_and_grounded(seen: _PhaseInputs) -> tuple[Mask, Mask]:
    """Where the aircraft is surely in the air, and where it is surely on the ground."""
    if seen.has("weight_on_wheels"):
        off, on = seen["weight_on_wheels"] < 0.5, seen["weight_on_wheels"] >= 0.5
    else:
        height = seen["radio_altitude_ft"]
        off, on = height > WHEELS_OFF_FT, height <= WHEELS_OFF_FT
    stopped = seen["rotor_speed_pct"] < FLYING_ROTOR_PCT
    return off & ~stopped, on | (off & stopped)


def _classify_ground(codes: PhaseCodes, grounded: Mask, airborne: Mask, seen: _PhaseInputs) -> None:
    """Later lines win, so they stand from the weakest rule to the strongest."""
    engines = (seen["engine_1_ng_pct"], seen["engine_2_ng_pct"])
    fastest = np.fmax(*engines)
    rotor_turns = np.isnan(fastest) & (seen["rotor_speed_pct"] >= FLYING_ROTOR_PCT)
    running = grounded & ((fastest >= TURNING_NG_PCT) | rotor_turns)
    codes[running] = Phase.GROUND
    codes[running & (seen["ground_speed_kt"] > TAXI_KT)] = Phase.TAXI
    codes[running & _is_recent(airborne, seen.stretch, LANDING_S)] = Phase.LANDING
    (up_1, down_1), (up_2, down_2) = (_spooling_up_and_down(ng) for ng in engines)
    codes[running & (down_1 | down_2)] = Phase.SHUTDOWN
    codes[running & (up_1 | up_2)] = Phase.START
    codes[grounded & (fastest < TURNING_NG_PCT)] = Phase.POWER_OFF


def _classify_air(codes: PhaseCodes, airborne: Mask, seen: _PhaseInputs) -> None:
    """Later lines win, so they stand from the weakest rule to the strongest."""
    climb_ft_min, height_ft = _climb_ft_min(seen), seen["radio_altitude_ft"]
    torques = (seen["engine_1_torque_pct"], seen["engine_2_torque_pct"])
    codes[airborne] = Phase.CRUISE
    codes[airborne & _is_steady(climb_ft_min, torques, seen.stretch)] = Phase.STEADY
    codes[airborne & (climb_ft_min > LEVEL_FT_MIN)] = Phase.CLIMB
    sinking = airborne & (climb_ft_min < -LEVEL_FT_MIN)
    codes[sinking] = Phase.DESCENT
    slowly = airborne & (seen["ground_speed_kt"] < SLOW_KT) & (climb_ft_min < -SLOW_FT_MIN)
    codes[(sinking | slowly) & (height_ft < APPROACH_FT)] = Phase.APPROACH
    codes[airborne & (height_ft < HOVER_FT) & (seen["ground_speed_kt"] < HOVER_KT)] = Phase.HOVER
    unpowered = np.fmax(*torques) < AUTOROTATION_TORQUE_PCT
    windmilling = unpowered & (seen["rotor_speed_pct"] > AUTOROTATION_ROTOR_PCT)
    codes[airborne & windmilling & (climb_ft_min < AUTOROTATION_SINK_FT_MIN)] = Phase.AUTOROTATION


def _is_recent(mask: Mask, stretch: Indices, seconds: int) -> Mask:
    """Within so many seconds after the mask was last True, no gap between."""
    rows = np.arange(len(mask))
    latest = np.maximum.accumulate(np.where(mask, rows, -1))
    recent: Mask = (latest >= 0) & (rows - latest <= seconds) & (stretch == stretch[latest])
    return recent


def _spooling_up_and_down(ng_pct: Values) -> tuple[Mask, Mask]:
    """Where one engine is on its way up, and where down, between turning and running.

    A spool belongs to what follows it: up if the engine then runs. One that is followed by
    standstill, or by the end of the recording, is a shutdown if the engine ran before it, else a
    start broken off.
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


def _climb_ft_min(seen: _PhaseInputs) -> Values:
    """Vertical speed smoothed over some seconds; NaN where nothing tells it."""
    climb = seen["vertical_speed_ft_min"]
    if not seen.has("vertical_speed_ft_min"):
        climb = np.diff(seen["pressure_altitude_ft"], prepend=np.nan) * 60.0
        climb[np.diff(seen.stretch, prepend=0) != 0] = np.nan
    return _centred_mean(climb, seen.stretch, VERTICAL_SPEED_MEAN_S // 2)


def _centred_mean(values: Values, stretch: Indices, reach: int) -> Values:
    """Mean of what is there within ``reach`` rows on both sides, no gap between.

    Summed window by window, not as a difference of running sums, so that a value does not depend on
    what was recorded long before it.
    """
    total, count = np.zeros(len(values)), np.zeros(len(values))
    rows = np.arange(len(values))
    for step in range(-reach, reach + 1):
        other = np.clip(rows + step, 0, len(values) - 1)
        there = (rows + step == other) & (stretch[other] == stretch) & ~np.isnan(values[other])
        total[there] += values[other[there]]
        count += there
    mean: Values = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean


def _is_steady(climb_ft_min: Values, torques: tuple[Values, Values], stretch: Indices) -> Mask:
    """Level, with the engines' mean torque in a narrow band over the seconds around."""
    mean = (torques[0] + torques[1]) / 2
    torque = np.where(np.isnan(mean), np.fmax(*torques), mean)
    steady = np.zeros(len(torque), dtype=np.bool_)
    window = STEADY_S + 1
    if len(torque) >= window:
        spread = rolling_extreme(torque, window, np.maximum) - rolling_extreme(
            torque, window, np.minimum
        )
        whole = stretch[: len(spread)] == stretch[window - 1 :]
        middle = slice(STEADY_S // 2, STEADY_S // 2 + len(spread))
        steady[middle] = whole & (spread < STEADY_TORQUE_PCT)
    return steady & (np.abs(climb_ft_min) < STEADY_FT_MIN)
