"""Separates air from ground, second by second, by the best of what was recorded.

Weight on wheels decides where it is recorded; without it, radio altitude above 5 ft. Neither counts
as air with the rotor below 50 %. Light and older helicopters record neither: then the other rules
of :data:`_RULES` are tried in order, the first that decides a second wins, and a second that none
decides keeps the state before it. The others also decide seconds in which the sensor is silent.
Each rule has a confidence; a hover in front of a hangar, seen by a satellite receiver alone, looks
like standing.

Limits are generic, set by this project; those of collective and torque with sight of one published
flight (Columbia 234).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.algorithms.expression import Mask
from dataflow_health.flight.algorithms.intervals import find_intervals, interval_coverage
from dataflow_health.flight.algorithms.phase_inputs import PhaseInputs, neighbours
from dataflow_health.flight.algorithms.sample_hold import Indices

WHEELS_LOADED = 0.5
"""Mean of weight on wheels from which a second is on the ground."""

WHEELS_OFF_FT = 5.0
FLYING_ROTOR_PCT = 50.0
GEAR_UP = 0.5
FLYING_KT = 40.0
COLLECTIVE_FLAT_PCT = 6.0
COLLECTIVE_RAISED_PCT = 8.0
TORQUE_FLAT_PCT = 22.0
TORQUE_RAISED_PCT = 30.0
FLAT_S = 10
"""Shortest stand by power: the flare of a quick stop or of an autorotation is shorter."""

RESTING_S = 60
"""Flat power for so long is a stand at any height, as on a mountain or a roof."""

MOVING_FT_MIN = 300.0
MOVING_S = 6
"""Shortest climb or descent: one step of an altitude encoder counts as 5 s of it."""

STILL_KT = 3.0
STILL_FT_MIN = 100.0
STILL_S = 10
HEIGHT_FT = 50.0

AIR_GROUND_PARAMETERS = frozenset(
    {
        "weight_on_wheels",
        "radio_altitude_ft",
        "rotor_speed_pct",
        "landing_gear_down",
        "ground_speed_kt",
        "collective_pct",
        "engine_1_torque_pct",
        "engine_2_torque_pct",
        "vertical_speed_ft_min",
        "pressure_altitude_ft",
        "gps_altitude_ft",
    }
)
"""Parameters that :func:`separate_air_from_ground` uses; any may be missing."""

_SENSORS = ("weight_on_wheels", "radio_altitude_ft")
_SUBSTITUTES = (
    "collective_pct", "engine_1_torque_pct", "engine_2_torque_pct", "ground_speed_kt",
)  # fmt: skip
"""Parameters of which one must be recorded where no sensor is: only they show the ground."""


class Rule(IntEnum):
    """Rule that decided a second; the number is the code in :attr:`AirGround.rules`."""

    UNDECIDED = 0
    WEIGHT_ON_WHEELS = 1
    RADIO_ALTITUDE = 2
    ROTOR_STOPPED = 3
    GEAR_UP = 4
    GROUND_SPEED = 5
    POWER = 6
    VERTICAL_SPEED = 7
    STANDING_STILL = 8
    HEIGHT = 9
    KEPT = 10


CONFIDENCE: Mapping[Rule, float] = {
    Rule.UNDECIDED: 0.0,
    Rule.WEIGHT_ON_WHEELS: 0.99,
    Rule.RADIO_ALTITUDE: 0.97,
    Rule.ROTOR_STOPPED: 0.98,
    Rule.GEAR_UP: 0.95,
    Rule.GROUND_SPEED: 0.95,
    Rule.POWER: 0.85,
    Rule.VERTICAL_SPEED: 0.85,
    Rule.HEIGHT: 0.7,
    Rule.STANDING_STILL: 0.6,
    Rule.KEPT: 0.5,
}
"""Judgement of this project, not a measured share of right seconds."""


@dataclass(frozen=True, slots=True)
class AirGround:
    """Air and ground of each second.

    Attributes:
        airborne: True in the air.
        grounded: True on the ground; a second that is neither is unknown.
        rules: uint8 (n,), the :class:`Rule` that decided each second.
    """

    airborne: Mask
    grounded: Mask
    rules: npt.NDArray[np.uint8]


_Decision = tuple[Mask, Mask]
"""Seconds certainly in the air, and certainly on the ground, by one rule."""


def has_phase_source(available: Collection[str]) -> bool:
    """Whether some parameters separate air from ground.

    Args:
        available: Names of parameters.
    """
    return not set(available).isdisjoint((*_SENSORS, *_SUBSTITUTES))


def separate_air_from_ground(inputs: PhaseInputs) -> AirGround:
    """Air and ground of each second of a recording."""
    size = len(inputs.segment)
    decided = AirGround(
        np.zeros(size, np.bool_), np.zeros(size, np.bool_), np.zeros(size, np.uint8)
    )
    rules = _rules_for(inputs)
    for rule in rules:
        _decide(decided, rule, _RULES[rule](inputs, decided))
    if rules and rules[0] not in _SENSOR_RULES:
        _decide(decided, Rule.KEPT, _keep_state(inputs, decided))
    return decided


def _rules_for(inputs: PhaseInputs) -> Sequence[Rule]:
    """The rule of the first sensor recorded, then the substitutes' for what it leaves open."""
    sensors = zip(_SENSORS, _SENSOR_RULES, strict=True)
    found = [rule for sensor, rule in sensors if inputs.has(sensor)][:1]
    if any(map(inputs.has, _SUBSTITUTES)):
        found += [rule for rule in _RULES if rule not in _SENSOR_RULES]
    return found


def _decide(decided: AirGround, rule: Rule, decision: _Decision) -> None:
    """Writes a rule's decision where none was made."""
    air, ground = (mask & (decided.rules == Rule.UNDECIDED) for mask in decision)
    decided.airborne[air] = True
    decided.grounded[ground] = True
    decided.rules[air | ground] = rule


def _by_weight(inputs: PhaseInputs, _decided: AirGround) -> _Decision:
    weight = inputs["weight_on_wheels"]
    return _unless_stopped(inputs, weight < WHEELS_LOADED, weight >= WHEELS_LOADED)


def _by_radio_altitude(inputs: PhaseInputs, _decided: AirGround) -> _Decision:
    height_ft = inputs["radio_altitude_ft"]
    return _unless_stopped(inputs, height_ft > WHEELS_OFF_FT, height_ft <= WHEELS_OFF_FT)


def _unless_stopped(inputs: PhaseInputs, off: Mask, on: Mask) -> _Decision:
    is_stopped = inputs["rotor_speed_pct"] < FLYING_ROTOR_PCT
    return off & ~is_stopped, on | (off & is_stopped)


def _by_rotor(inputs: PhaseInputs, _decided: AirGround) -> _Decision:
    """On the ground, unless it moves as only a flight does: then the rotor's sensor has failed."""
    is_stopped = inputs["rotor_speed_pct"] < FLYING_ROTOR_PCT
    return np.zeros_like(is_stopped), is_stopped & ~(inputs["ground_speed_kt"] >= FLYING_KT)


def _by_gear(inputs: PhaseInputs, _decided: AirGround) -> _Decision:
    """In the air with the gear up; a gear that is never down is none, as on skids."""
    gear_down = inputs["landing_gear_down"]
    is_up = (gear_down < GEAR_UP) & np.any(gear_down >= GEAR_UP)
    return is_up, np.zeros_like(is_up)


def _by_ground_speed(inputs: PhaseInputs, _decided: AirGround) -> _Decision:
    is_fast = inputs["ground_speed_kt"] >= FLYING_KT
    return is_fast, np.zeros_like(is_fast)


def _by_power(inputs: PhaseInputs, decided: AirGround) -> _Decision:
    """Collective, else torque: raised in the air; flat for a while, and level, on the ground."""
    collective = inputs["collective_pct"]
    torque = np.fmax(inputs["engine_1_torque_pct"], inputs["engine_2_torque_pct"])
    by_torque = np.isnan(collective)
    is_raised = (collective >= COLLECTIVE_RAISED_PCT) | (by_torque & (torque >= TORQUE_RAISED_PCT))
    is_flat = (collective < COLLECTIVE_FLAT_PCT) | (by_torque & (torque < TORQUE_FLAT_PCT))
    stands = _lasts(is_flat & ~_is_moving(inputs), inputs.segment, FLAT_S)
    rests = _lasts(stands, inputs.segment, RESTING_S)
    is_above = _is_above(inputs, decided.grounded | rests)
    return is_raised, rests | (stands & ~is_above)


def _by_vertical_speed(inputs: PhaseInputs, _decided: AirGround) -> _Decision:
    """In the air while it climbs or descends, unless its speed over ground is that of a stand."""
    is_still = inputs["ground_speed_kt"] < STILL_KT
    is_flying = _lasts(_is_moving(inputs) & ~is_still, inputs.segment, MOVING_S)
    return is_flying, np.zeros_like(is_flying)


def _is_moving(inputs: PhaseInputs) -> Mask:
    return np.abs(inputs.climb_ft_min) > MOVING_FT_MIN


def _by_stillness(inputs: PhaseInputs, _decided: AirGround) -> _Decision:
    is_slow = inputs["ground_speed_kt"] < STILL_KT
    is_still = is_slow & ~(np.abs(inputs.climb_ft_min) > STILL_FT_MIN)
    long_still = _holds_around(is_still, inputs.segment, STILL_S // 2)
    return np.zeros_like(long_still), long_still


def _by_height(inputs: PhaseInputs, decided: AirGround) -> _Decision:
    """Higher than where the helicopter last stood, by the satellite receiver."""
    is_above = _is_above(inputs, decided.grounded)
    return is_above, np.zeros_like(is_above)


def _is_above(inputs: PhaseInputs, stands: Mask) -> Mask:
    height_ft = inputs["gps_altitude_ft"]
    stood_at = _latest(stands, inputs.segment)
    return (stood_at >= 0) & (height_ft - height_ft[stood_at] > HEIGHT_FT)


_RULES: Mapping[Rule, Callable[[PhaseInputs, AirGround], _Decision]] = {
    Rule.WEIGHT_ON_WHEELS: _by_weight,
    Rule.RADIO_ALTITUDE: _by_radio_altitude,
    Rule.ROTOR_STOPPED: _by_rotor,
    Rule.GEAR_UP: _by_gear,
    Rule.GROUND_SPEED: _by_ground_speed,
    Rule.POWER: _by_power,
    Rule.VERTICAL_SPEED: _by_vertical_speed,
    Rule.STANDING_STILL: _by_stillness,
    Rule.HEIGHT: _by_height,
}
"""Rules in their priority."""

_SENSOR_RULES = (Rule.WEIGHT_ON_WHEELS, Rule.RADIO_ALTITUDE)


def _keep_state(inputs: PhaseInputs, decided: AirGround) -> _Decision:
    """The state before a second, without a gap in between; at a segment's start, the one after.

    Where power or speed is not recorded for a while, the state is not kept but unknown.
    """
    is_decided = decided.airborne | decided.grounded
    before = _latest(is_decided, inputs.segment)
    after = len(before) - 1 - _latest(is_decided[::-1], inputs.segment[::-1])[::-1]
    nearest = np.where(before >= 0, before, np.where(after < len(before), after, -1))
    known = np.any([~np.isnan(inputs[name]) for name in _SUBSTITUTES], axis=0) & (nearest >= 0)
    return known & decided.airborne[nearest], known & decided.grounded[nearest]


def _latest(mask: Mask, segment: Indices) -> Indices:
    """Row at which the mask was last True in the segment of each row; -1 where it was not."""
    rows = np.where(mask, np.arange(len(mask)), -1)
    latest: Indices = np.maximum.accumulate(rows)
    return np.where((latest >= 0) & (segment[latest] == segment), latest, -1)


def _lasts(mask: Mask, segment: Indices, seconds: int) -> Mask:
    """True in runs of at least so many rows, and in runs that a segment's start or end cuts."""
    starts = np.diff(segment, prepend=-1) != 0
    first, last = find_intervals(mask, starts)
    is_cut = starts[first] | np.append(starts, True)[last + 1]
    is_long = (last - first >= seconds - 1) | is_cut
    return interval_coverage(first[is_long], last[is_long], len(mask))


def _holds_around(mask: Mask, segment: Indices, reach: int) -> Mask:
    """True where the mask holds at every row within reach in the same segment."""
    holds = mask.copy()
    for here, there in neighbours(len(mask), reach):
        holds[here] &= mask[there] | (segment[there] != segment[here])
    return holds
