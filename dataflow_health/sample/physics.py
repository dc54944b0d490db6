"""A flight flown: every quantity the recorder looks at, eight times a second, without noise.

Collective drives torque; torque drives gas generator, turbine temperature and fuel flow; fuel falls with
flow; oils warm with a lag; the rotor stays near 100 % but for pulls and autorotation; loads follow
attitude. Coefficients are generic for a light twin and belong to no type.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from dataflow_health.sample.convert import Floats
from dataflow_health.sample.schedule import Leg, legs

GRID_HZ = 8
"""Samples a second of everything here: the fastest rate of the generic layouts."""

TANKS_KG = 800.0
"""Fuel capacity of the generic type, both sides together."""

STANDARD_GRAVITY_KT_S = 19.0626
"""9.80665 m/s2 (ISO 80000-3) in knots a second."""

FT_S2_PER_G = 32.174
"""9.80665 m/s2 in feet a second squared."""


@dataclass(frozen=True, slots=True)
class Flown:
    """A flight as it was.

    Attributes:
        seconds: Its length.
        signals: float64 (seconds * GRID_HZ,) by parameter name; parameters that never change are
            single numbers.
        phases: Planned phase of each second, in the words of ``flight.phase``.
    """

    seconds: int
    signals: Mapping[str, Floats]
    phases: tuple[str, ...]


def fly(duration_s: int, *, autorotation: bool, rng: np.random.Generator) -> Flown:
    """Flies one flight.

    Args:
        duration_s: See :func:`~dataflow_health.sample.schedule.legs`.
        autorotation: Whether an autorotation is practised.
        rng: Decides the route, the weather and the health of the machine.

    Returns:
        All parameters of the generic layouts but clock and text.

    Raises:
        ValueError: The duration cannot be flown.
    """
    plan = legs(duration_s, autorotation=autorotation, rng=rng)
    motion = _motion(plan, duration_s, rng)
    power = _power(plan, duration_s, motion)
    warm = _temperatures(power, float(rng.uniform(4, 24)), motion)
    signals = motion | power | warm | _pressures(power, warm) | _electrics(power)
    signals |= _fuel(power, rng) | _vibration(motion, power)
    signals |= _lights(signals, plan, duration_s)
    ends_s = np.cumsum([leg.duration_s for leg in plan])
    index = np.searchsorted(ends_s, np.arange(duration_s) + 0.5).clip(max=len(plan) - 1)
    return Flown(duration_s, signals, tuple(plan[k].phase for k in index))


def _knots(plan: tuple[Leg, ...], duration_s: int, at_ends: list[float], soft_s: float) -> Floats:
    """Straight lines between the values at the ends of legs, their corners rounded off."""
    ends_s = np.cumsum([0.0, *(leg.duration_s for leg in plan)])
    line = np.interp(np.arange(duration_s * GRID_HZ) / GRID_HZ, ends_s, [at_ends[0], *at_ends])
    return smooth(line, soft_s)


def smooth(line: Floats, over_s: float) -> Floats:
    """A moving average with a Hann window, the ends held."""
    size = int(over_s * GRID_HZ) | 1
    window = np.hanning(size + 2)[1:-1]
    padded = np.pad(line, size // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")


def lagged(target: Floats, lag_s: float, start: float) -> Floats:
    """First-order lag, computed once a second and drawn through."""
    share = 1 / lag_s
    steps = accumulate(target[::GRID_HZ].tolist(), lambda y, x: y + share * (x - y), initial=start)
    each = np.fromiter(steps, dtype=np.float64)[1:]
    return np.interp(np.arange(len(target)) / GRID_HZ, np.arange(len(each)), each)


def _motion(plan: tuple[Leg, ...], duration_s: int, rng: np.random.Generator) -> dict[str, Floats]:
    height_ft = _knots(plan, duration_s, [leg.height_ft for leg in plan], 5)
    height_ft = np.where(height_ft < 0.05, 0.0, height_ft)
    speed_kt = _knots(plan, duration_s, [leg.ground_speed_kt for leg in plan], 6)
    headings = np.cumsum([leg.turn_deg for leg in plan]) + rng.uniform(0, 360)
    heading = _knots(plan, duration_s, headings.tolist(), 6)
    wind_kt, wind_from = float(rng.uniform(2, 9)), float(rng.uniform(0, 360))
    beta = np.deg2rad(heading - wind_from)
    airspeed_kt = np.where(height_ft > 0, np.abs(speed_kt + wind_kt * np.cos(beta)), 0.0)
    climb_ft_s = np.gradient(height_ft, 1 / GRID_HZ)
    thrust = np.gradient(speed_kt, 1 / GRID_HZ)
    flying = height_ft > 0
    rate = np.deg2rad(np.gradient(heading, 1 / GRID_HZ)) * flying
    bank = np.arctan(rate * speed_kt / STANDARD_GRAVITY_KT_S)
    return {
        "radio_altitude_ft": height_ft,
        "pressure_altitude_ft": height_ft + float(rng.uniform(200, 1800)),
        "vertical_speed_ft_min": climb_ft_s * 60,
        "ground_speed_kt": speed_kt,
        "airspeed_kt": airspeed_kt,
        "heading_deg": heading % 360,
        "roll_deg": np.rad2deg(bank),
        "pitch_deg": flying * (4 - 0.045 * speed_kt - 2.0 * thrust),
        "acceleration_vertical_g": (1 + np.gradient(climb_ft_s, 1 / GRID_HZ) / FT_S2_PER_G)
        / np.cos(bank),
        "acceleration_longitudinal_g": thrust / STANDARD_GRAVITY_KT_S,
        "acceleration_lateral_g": 0.01 * np.sin(heading / 40),
        "drift_deg": np.where(speed_kt > 20, -np.rad2deg(np.arctan2(wind_kt * np.sin(beta), 90)), 0),
        "wind_speed_kt": np.full(len(speed_kt), wind_kt),
        "wind_direction_deg": np.full(len(speed_kt), wind_from),
        "weight_on_wheels": (~flying).astype(np.float64),
        **_track(speed_kt, heading, rng),
    }


def _track(speed_kt: Floats, heading: Floats, rng: np.random.Generator) -> dict[str, Floats]:
    """Dead reckoning on the sphere: a knot is a minute of latitude an hour."""
    step_deg = speed_kt / 3600 / 60 / GRID_HZ
    latitude = float(rng.uniform(46.2, 47.4)) + np.cumsum(step_deg * np.cos(np.deg2rad(heading)))
    east = step_deg * np.sin(np.deg2rad(heading)) / np.cos(np.deg2rad(latitude))
    return {
        "latitude_deg": latitude,
        "longitude_deg": float(rng.uniform(7, 9.5)) + np.cumsum(east),
    }


def _power(plan: tuple[Leg, ...], duration_s: int, motion: Mapping[str, Floats]) -> dict[str, Floats]:
    asked = {word: _asked(plan, duration_s, word) for word in ("autorotation", "flight", "stop")}
    load = np.interp(
        motion["airspeed_kt"], [0, 15, 30, 65, 100, 130, 145], [60, 58, 52, 43, 51, 66, 76]
    )
    in_air = 1 - motion["weight_on_wheels"]
    wanted = load + motion["vertical_speed_ft_min"] * 0.014
    lift = smooth(in_air, 4)
    pull = lift * wanted + (1 - lift) * 14
    torque = smooth(np.where(asked["autorotation"], 4.0, pull), 3)
    spool = [_spool(plan, duration_s, number) for number in (1, 2)]
    rotor = _rotor(plan, duration_s, torque, asked)
    signals = {"rotor_speed_pct": rotor, "collective_pct": smooth(lift * torque * 0.9 + 5, 1)}
    engaged = np.interp(rotor, [5, 60], [0, 1])
    for number, ng in enumerate(spool, start=1):
        signals |= _engine(number, ng, torque * engaged, rotor, asked["flight"])
    signals |= _controls(motion, signals["collective_pct"])
    signals["mast_moment_pct"] = 8 + 0.12 * torque * engaged + np.abs(motion["roll_deg"]) * 0.2
    return signals


def _asked(plan: tuple[Leg, ...], duration_s: int, power: str) -> Floats:
    """1 while the legs ask for that power, else 0."""
    ends_s = np.cumsum([leg.duration_s for leg in plan])
    at_s = np.arange(duration_s * GRID_HZ) / GRID_HZ
    index = np.searchsorted(ends_s, at_s, side="right").clip(max=len(plan) - 1)
    return np.array([float(leg.power == power) for leg in plan])[index]


def _begins_s(plan: tuple[Leg, ...], power: str) -> float:
    order = [leg.power for leg in plan].index(power)  # type: ignore[arg-type]
    return sum(leg.duration_s for leg in plan[:order])


def _spool(plan: tuple[Leg, ...], duration_s: int, number: int) -> Floats:
    """Gas generator speed of one engine without load: start, idle, stop."""
    up_s, down_s = _begins_s(plan, f"start_{number}"), _begins_s(plan, "stop") + 5 * number
    at_s = np.arange(duration_s * GRID_HZ) / GRID_HZ
    up = np.interp(at_s - up_s, [0, 8, 14, 21, 27], [0, 18, 26, 52, 66])
    down = np.interp(at_s - down_s, [0, 6, 14, 40], [1, 0.5, 0.25, 0])
    return smooth(up, 2) * smooth(down, 2)


def _rotor(
    plan: tuple[Leg, ...], duration_s: int, torque: Floats, asked: Mapping[str, Floats]
) -> Floats:
    at_s = np.arange(duration_s * GRID_HZ) / GRID_HZ
    first_s, ready_s = _begins_s(plan, "start_1"), _begins_s(plan, "start_2") + 32
    down_s = _begins_s(plan, "stop") + 8
    up = np.interp(at_s, [first_s + 20, first_s + 45, ready_s, ready_s + 18], [0, 68, 72, 100])
    down = np.interp(at_s - down_s, [0, 25, 60], [1, 0.45, 0])
    governed = -0.12 * np.gradient(torque, 1 / GRID_HZ) + 3.5 * smooth(asked["autorotation"], 8)
    return smooth(up, 3) * smooth(down, 3) + smooth(governed, 2) * (up >= 100) * (down >= 1)


def _engine(
    number: int, spool: Floats, torque: Floats, rotor: Floats, flight: Floats
) -> dict[str, Floats]:
    """One engine from its unloaded speed and the torque asked of it; the second is a little worn."""
    wear = number - 1
    running = np.interp(spool, [55, 64], [0, 1])
    own = torque * running * (1 - 0.015 * wear)
    loaded = running * (smooth(flight, 12) * 11 + 0.2 * own)
    light_off = np.interp(spool, [17, 22, 34, 48, 62], [0, 190, 560, 640, 500])
    tot = light_off + running * 2.9 * own + 6 * wear * running
    return {
        f"engine_{number}_ng_pct": spool + loaded + 0.3 * wear * running,
        f"engine_{number}_nf_pct": np.minimum(rotor, 100.5) * np.interp(spool, [30, 55], [0, 1]),
        f"engine_{number}_torque_pct": own,
        f"engine_{number}_tot_c": 15 + smooth(tot, 5),
        f"engine_{number}_fuel_flow_kg_h": np.interp(spool, [17, 24, 64], [0, 30, 42])
        + 0.92 * own,
    }


def _controls(motion: Mapping[str, Floats], collective: Floats) -> dict[str, Floats]:
    return {
        "cyclic_lateral_pct": 50 + 0.25 * motion["roll_deg"],
        "cyclic_longitudinal_pct": 48 + 0.12 * motion["ground_speed_kt"] - motion["pitch_deg"] * 0.3,
        "pedal_pct": 42 + 0.2 * collective,
    }


def _temperatures(
    power: Mapping[str, Floats], outside_c: float, motion: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Oils and gearboxes warm towards what their load asks; air cools 2 C in 1,000 ft."""
    rotor, torque = power["rotor_speed_pct"] / 100, power["engine_1_torque_pct"]
    warm = {
        f"engine_{k}_oil_temperature_c": lagged(
            outside_c
            + power[f"engine_{k}_ng_pct"] / 100 * (50 + 2 * k)
            + 0.12 * power[f"engine_{k}_torque_pct"],
            150.0, outside_c,
        )
        for k in (1, 2)
    }  # fmt: skip
    boxes = {
        "main_gearbox_oil_temperature_c": (46 * rotor + 0.2 * torque, 260.0),
        "intermediate_gearbox_temperature_c": (30 * rotor + 0.1 * torque, 200.0),
        "tail_gearbox_temperature_c": (34 * rotor + 0.1 * torque, 220.0),
    }
    warm |= {name: lagged(outside_c + rise, lag, outside_c) for name, (rise, lag) in boxes.items()}
    warm["outside_air_temperature_c"] = outside_c - motion["radio_altitude_ft"] * 0.002
    warm["battery_temperature_c"] = lagged(np.full(len(rotor), outside_c + 9), 900.0, outside_c)
    return warm


def _pressures(power: Mapping[str, Floats], warm: Mapping[str, Floats]) -> dict[str, Floats]:
    rotor = power["rotor_speed_pct"]
    signals = {
        "main_gearbox_oil_pressure_psi": np.interp(rotor, [0, 15, 70, 100, 110], [0, 20, 50, 56, 58]),
        "hydraulic_1_pressure_psi": np.interp(rotor, [0, 50, 110], [0, 1480, 1500]),
        "hydraulic_2_pressure_psi": np.interp(rotor, [0, 50, 110], [0, 1490, 1510]),
    }
    for k in (1, 2):
        ng, oil_c = power[f"engine_{k}_ng_pct"], warm[f"engine_{k}_oil_temperature_c"]
        hot_psi = np.interp(ng, [0, 20, 50, 66, 77, 98], [0, 20, 54, 64, 74, 88])
        cold_psi = np.clip((60 - oil_c) * 0.15, 0, 8) * np.clip(ng / 50, 0, 1)
        signals[f"engine_{k}_oil_pressure_psi"] = hot_psi + cold_psi - 2 * (k - 1) * (ng > 20)
        signals[f"engine_{k}_fuel_pressure_psi"] = np.interp(ng, [2, 12, 100], [0, 17, 20])
    return signals


def _electrics(power: Mapping[str, Floats]) -> dict[str, Floats]:
    """Generators come on line in one step, before the gas generator reaches 60 %."""
    online = [power[f"engine_{k}_ng_pct"] > 54 for k in (1, 2)]
    either = np.logical_or(*online)
    signals: dict[str, Floats] = {"battery_volts_v": np.where(either, 27.4, 24.3)}
    for k, on in enumerate(online, start=1):
        share = np.where(np.logical_and(*online), 34.0, 60.0)
        signals[f"generator_{k}_volts_v"] = np.where(on, 28.0 + 0.1 * k, 0.0)
        signals[f"generator_{k}_load_pct"] = np.where(on, share + 3 * k, 0.0)
    return signals


def _fuel(power: Mapping[str, Floats], rng: np.random.Generator) -> dict[str, Floats]:
    """Tanks fall by exactly what flows; the crew takes a reserve, and the sides differ a little."""
    flow_kg_h = power["engine_1_fuel_flow_kg_h"] + power["engine_2_fuel_flow_kg_h"]
    burnt_kg = np.cumsum(flow_kg_h) / 3600 / GRID_HZ
    taken_kg = min(float(burnt_kg[-1] + rng.uniform(200, 300)), TANKS_KG - 20)
    total_kg, apart_kg = taken_kg - burnt_kg, float(rng.uniform(-6, 6))
    return {
        "fuel_quantity_total_kg": total_kg,
        "fuel_quantity_left_kg": total_kg / 2 + apart_kg / 2,
        "fuel_quantity_right_kg": total_kg / 2 - apart_kg / 2,
        "gross_weight_kg": 2450 + total_kg,
    }


def _vibration(motion: Mapping[str, Floats], power: Mapping[str, Floats]) -> dict[str, Floats]:
    turning = np.clip(power["rotor_speed_pct"] / 100, 0, 1.1) ** 2
    speed = motion["airspeed_kt"] / 120
    return {
        "main_rotor_vibration_ips": turning * (0.08 + 0.12 * speed**2),
        "tail_rotor_vibration_ips": turning * (0.14 + 0.04 * speed),
    }


def _lights(
    signals: Mapping[str, Floats], plan: tuple[Leg, ...], duration_s: int
) -> dict[str, Floats]:
    """Discretes that follow from the rest; detectors and warnings stay dark in a clean flight."""
    dark = np.zeros(duration_s * GRID_HZ)
    airborne = signals["weight_on_wheels"] < 0.5
    cautions = {
        "fuel_low_left": signals["fuel_quantity_left_kg"] < 45,
        "fuel_low_right": signals["fuel_quantity_right_kg"] < 45,
        **{f"engine_out_{k}": signals[f"engine_{k}_ng_pct"] < 50 for k in (1, 2)},
        **{f"generator_fail_{k}": signals[f"generator_{k}_volts_v"] < 20 for k in (1, 2)},
        **{f"hydraulic_fail_{k}": signals[f"hydraulic_{k}_pressure_psi"] < 900 for k in (1, 2)},
        "oil_pressure_low_light": np.minimum.reduce(
            [signals[f"engine_{k}_oil_pressure_psi"] for k in (1, 2)]
        ) < 35,
    }  # fmt: skip
    others = {
        "autopilot_engaged": airborne & (signals["radio_altitude_ft"] > 800),
        "landing_gear_down": signals["radio_altitude_ft"] < 400,
        "door_open": _asked(plan, duration_s, "off") > 0,
        "cabin_heater": signals["outside_air_temperature_c"] < 12,
        "master_caution": np.logical_or.reduce(list(cautions.values())),
    }
    never = ("chip_main_gearbox", "chip_tail_gearbox", "chip_engine_1", "chip_engine_2",
             "fire_engine_1", "fire_engine_2", "float_armed", "master_warning")  # fmt: skip
    return {name: on.astype(np.float64) for name, on in (cautions | others).items()} | dict.fromkeys(
        never, dark
    )
