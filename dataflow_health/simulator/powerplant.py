"""Engines, rotor, oils, fuel and generators, computed from the demands of the flight.

Coefficients are generic for a light twin and do not describe any type.
"""

from collections.abc import Mapping

import numpy as np

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.curves import (
    GRID_HZ,
    Legs,
    first_order_lag,
    power_mask,
    power_start_s,
    sample_times_s,
    slope,
    smooth,
)

Signals = dict[str, Floats]
"""float64 (seconds * GRID_HZ,) by parameter name."""

TANKS_KG = 800.0
"""Fuel capacity of the generic type, both tanks together."""


def power_signals(legs: Legs, duration_s: int, motion: Mapping[str, Floats]) -> Signals:
    """Signals of collective, torque, rotor and both engines."""
    autorotation = power_mask(legs, duration_s, "autorotation")
    torque = _torque(motion, autorotation)
    rotor = _rotor(legs, duration_s, torque, autorotation)
    engaged = np.interp(rotor, [5, 60], [0, 1])
    in_air = smooth(1 - motion["weight_on_wheels"], 4)
    signals: Signals = {
        "rotor_speed_pct": rotor,
        "collective_pct": smooth(in_air * torque * 0.9 + 5, 1),
        "mast_moment_pct": 8 + 0.12 * torque * engaged + np.abs(motion["roll_deg"]) * 0.2,
    }
    flight = smooth(power_mask(legs, duration_s, "flight"), 12)
    for number in (1, 2):
        spool = _spool(legs, duration_s, number)
        signals |= _engine(number, spool, torque * engaged, rotor, flight)
    return signals


def temperature_signals(power: Mapping[str, Floats], outside_c: float) -> Signals:
    """Temperatures of oils and gearboxes, which follow their load with a lag."""
    rotor, torque = power["rotor_speed_pct"] / 100, power["engine_1_torque_pct"]
    rises = {
        "main_gearbox_oil_temperature_c": (46 * rotor + 0.2 * torque, 260.0),
        "intermediate_gearbox_temperature_c": (30 * rotor + 0.1 * torque, 200.0),
        "tail_gearbox_temperature_c": (34 * rotor + 0.1 * torque, 220.0),
        "battery_temperature_c": (np.full(len(rotor), 9.0), 900.0),
    }
    for k in (1, 2):
        speed, load = power[f"engine_{k}_ng_pct"], power[f"engine_{k}_torque_pct"]
        rises[f"engine_{k}_oil_temperature_c"] = (speed * (0.5 + 0.02 * k) + 0.12 * load, 150.0)
    return {
        name: first_order_lag(outside_c + rise, lag, outside_c)
        for name, (rise, lag) in rises.items()
    }


def pressure_signals(power: Mapping[str, Floats], temperatures: Mapping[str, Floats]) -> Signals:
    """Pressures of oil, fuel and hydraulics, from the speeds of their pumps; cold oil is thick."""
    rotor = power["rotor_speed_pct"]
    gearbox_psi = np.interp(rotor, [0, 15, 70, 100, 110], [0, 20, 50, 56, 58])
    signals: Signals = {
        "main_gearbox_oil_pressure_psi": gearbox_psi,
        "hydraulic_1_pressure_psi": np.interp(rotor, [0, 50, 110], [0, 1480, 1500]),
        "hydraulic_2_pressure_psi": np.interp(rotor, [0, 50, 110], [0, 1490, 1510]),
    }
    for k in (1, 2):
        speed, oil_c = power[f"engine_{k}_ng_pct"], temperatures[f"engine_{k}_oil_temperature_c"]
        hot_psi = np.interp(speed, [0, 20, 50, 66, 77, 98], [0, 20, 54, 64, 74, 88])
        cold_psi = np.clip((60 - oil_c) * 0.15, 0, 8) * np.clip(speed / 50, 0, 1)
        signals[f"engine_{k}_oil_pressure_psi"] = hot_psi + cold_psi - 2 * (k - 1) * (speed > 20)
        signals[f"engine_{k}_fuel_pressure_psi"] = np.interp(speed, [2, 12, 100], [0, 17, 20])
    return signals


def electrical_signals(power: Mapping[str, Floats]) -> Signals:
    """Generators switch on line in one step, before the gas generator reaches 60 %."""
    online = [power[f"engine_{k}_ng_pct"] > 54 for k in (1, 2)]
    share = np.where(np.logical_and(*online), 34.0, 60.0)
    signals: Signals = {"battery_volts_v": np.where(np.logical_or(*online), 27.4, 24.3)}
    for k, on in enumerate(online, start=1):
        signals[f"generator_{k}_volts_v"] = np.where(on, 28.0 + 0.1 * k, 0.0)
        signals[f"generator_{k}_load_pct"] = np.where(on, share + 3 * k, 0.0)
    return signals


def fuel_signals(power: Mapping[str, Floats], rng: np.random.Generator) -> Signals:
    """Fuel quantity decreases exactly by the flow; the two sides differ slightly."""
    flow_kg_h = power["engine_1_fuel_flow_kg_h"] + power["engine_2_fuel_flow_kg_h"]
    burnt_kg = np.cumsum(flow_kg_h) / 3600 / GRID_HZ
    taken_kg = min(float(burnt_kg[-1] + rng.uniform(200, 300)), TANKS_KG - 20)
    total_kg, difference_kg = taken_kg - burnt_kg, float(rng.uniform(-6, 6))
    return {
        "fuel_quantity_total_kg": total_kg,
        "fuel_quantity_left_kg": total_kg / 2 + difference_kg / 2,
        "fuel_quantity_right_kg": total_kg / 2 - difference_kg / 2,
        "gross_weight_kg": 2450 + total_kg,
    }


def _torque(motion: Mapping[str, Floats], autorotation: Floats) -> Floats:
    """Torque is high in the hover and at speed, higher in a climb, and 4 % in autorotation."""
    speeds_kt, loads_pct = [0, 15, 30, 65, 100, 130, 145], [60, 58, 52, 43, 51, 66, 76]
    level = np.interp(motion["airspeed_kt"], speeds_kt, loads_pct)
    demand = level + motion["vertical_speed_ft_min"] * 0.014
    lift = smooth(1 - motion["weight_on_wheels"], 4)
    pull = lift * demand + (1 - lift) * 14
    return smooth(np.where(autorotation > 0, 4.0, pull), 3)


def _spool(legs: Legs, duration_s: int, number: int) -> Floats:
    """Gas generator speed of one engine without load: start, idle and stop."""
    up_s = power_start_s(legs, "start_1" if number == 1 else "start_2")
    down_s = power_start_s(legs, "stop") + 5 * number
    now_s = sample_times_s(duration_s)
    up = np.interp(now_s - up_s, [0, 8, 14, 21, 27], [0, 18, 26, 52, 66])
    down = np.interp(now_s - down_s, [0, 6, 14, 40], [1, 0.5, 0.25, 0])
    return smooth(up, 2) * smooth(down, 2)


def _rotor(legs: Legs, duration_s: int, torque: Floats, autorotation: Floats) -> Floats:
    """Rotor speed: rises with the first engine, governed at 100 %, higher in autorotation."""
    now_s = sample_times_s(duration_s)
    first_s, ready_s = power_start_s(legs, "start_1"), power_start_s(legs, "start_2") + 32
    down_s = power_start_s(legs, "stop") + 8
    up = np.interp(now_s, [first_s + 20, first_s + 45, ready_s, ready_s + 18], [0, 68, 72, 100])
    down = np.interp(now_s - down_s, [0, 25, 60], [1, 0.45, 0])
    governed = smooth(-0.12 * slope(torque) + 3.5 * smooth(autorotation, 8), 2)
    return smooth(up, 3) * smooth(down, 3) + governed * (up >= 100) * (down >= 1)


def _engine(number: int, spool: Floats, torque: Floats, rotor: Floats, flight: Floats) -> Signals:
    """Signals of one engine, from its unloaded speed and torque; the second engine is worn."""
    wear, name = number - 1, f"engine_{number}"
    running = np.interp(spool, [55, 64], [0, 1])
    load = torque * running * (1 - 0.015 * wear)
    light_off = np.interp(spool, [17, 22, 34, 48, 62], [0, 190, 560, 640, 500])
    idle_kg_h = np.interp(spool, [17, 24, 64], [0, 30, 42])
    return {
        f"{name}_ng_pct": spool + running * (flight * 11 + 0.2 * load) + 0.3 * wear * running,
        f"{name}_nf_pct": np.minimum(rotor, 100.5) * np.interp(spool, [30, 55], [0, 1]),
        f"{name}_torque_pct": load,
        f"{name}_tot_c": 15 + smooth(light_off + running * 2.9 * load + 6 * wear * running, 5),
        f"{name}_fuel_flow_kg_h": idle_kg_h + 0.92 * load,
    }
