"""The events that can be put into a flight: one for every limit that is shipped.

A name is the file stem of the algorithm that must find it. Each event goes beyond its own limit in
``config/algorithms`` by many counts and stays inside all others.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from dataflow_health.simulator.event_changes import (
    FUEL_LIMIT_KG,
    FUEL_STEP_KG,
    burns_little_more,
    burnt_percent,
    droops,
    freezes,
    hits,
    once_told,
    one_engine_out,
    reads_too_much,
    runs_short,
    shoots_up,
    turbine_apart_percent,
    until_stopped,
)
from dataflow_health.simulator.event_kind import (
    CRUISE,
    EventKind,
    airborne,
    between,
    change_over,
    high,
    low,
    steady,
    swings,
    switched_on,
    touchdown,
)
from dataflow_health.simulator.excursion import apart, both, one

MEASURES = ("hover_time", "rotor_speed_peak")
"""Algorithms that find something in every flight: they measure, and have no limit."""

START = frozenset({"start"})
APPROACH = frozenset({"approach"})


def _engine(number: int) -> dict[str, EventKind]:
    me, name = f"engine_{number}", f"Engine {number}"
    pressure, tot, warm = f"{me}_oil_pressure_psi", f"{me}_tot_c", f"{me}_oil_temperature_c"
    speed, turbine = f"{me}_ng_pct", f"{me}_nf_pct"
    # fmt: off
    return {
        f"{me}_oil_pressure_low": low(
            pressure, "psi", f"{name} loses oil pressure.", (42, 33, 28), 12),
        f"{me}_oil_pressure_high": EventKind(
            f"{name} has too much oil pressure, its oil warm.", one(pressure).read, "psi", "max",
            130, 16, swings(one(pressure), 114, 122), fits=between(warm, 48, 200)),
        f"{me}_oil_temperature_high": high(
            warm, "C", f"{name} has too hot oil.", (103, 108.5, 114), 30, 30),
        f"{me}_fuel_pressure_low": low(
            f"{me}_fuel_pressure_psi", "psi", f"{name} loses fuel pressure.", (10, 7, 5), 12),
        f"{me}_turbine_temperature_high": high(
            tot, "C", f"{name} has too hot a turbine in flight.", (795, 822, 845), 6, 10),
        f"{me}_turbine_temperature_high_at_start": EventKind(
            f"{name} has a hot start.", one(tot).read, "C", "max", 950, 3,
            swings(one(tot), 880, 936, 8), during=START, margin_s=0, fits=between(speed, 12, 46)),
        f"{me}_hot_start_rate": EventKind(
            f"{name} heats up too fast while it is started.", change_over(tot, 1.0), "C/s", "max",
            190, 3, shoots_up(tot), during=START, margin_s=1, fits=between(speed, 10, 24)),
        f"{me}_power_turbine_disagreement": EventKind(
            f"{name} has a turbine speed sensor that reads low.", turbine_apart_percent(number),
            "%", "max", 90, 45, swings(one(turbine), 98, 93), fits=steady, shortest_flight_s=720),
        f"generator_{number}_volts_out_of_band": replace(
            low(f"generator_{number}_volts_v", "V", f"Generator {number} sags.", (27, 24.5, 23),
                14), every_s=2, first_s=number - 1),
        f"hydraulic_{number}_pressure_low": low(
            f"hydraulic_{number}_pressure_psi", "psi", f"Hydraulic system {number} loses pressure.",
            (1010, 860, 700), 8),
        f"chip_engine_{number}": switched_on(f"chip_engine_{number}", f"{name} sheds chips."),
    }
    # fmt: on


def _both_engines() -> dict[str, EventKind]:
    first, second = (one(f"engine_{k}_torque_pct") for k in (1, 2))
    split = apart(*first.names, *second.names)
    pressures = apart("engine_1_oil_pressure_psi", "engine_2_oil_pressure_psi")
    # fmt: off
    return {
        "engine_oil_pressure_disagreement": EventKind(
            "Oil pressures part, both inside their limits.", pressures.read, "psi", "max", 36, 60,
            swings(pressures, 18, 30), fits=steady, shortest_flight_s=720),
        "torque_above_limit": EventKind(
            "Over-torque on both engines.", first.read, "%", "max", 111, 5,
            swings(both(*first.names, *second.names), 101, 107, 7)),
        "torque_above_limit_one_engine": EventKind(
            "Engine 2 runs down; engine 1 gives more than it may.", first.read, "%", "max", 138, 5,
            one_engine_out, margin_s=14),
        "torque_split": EventKind(
            "The engines share the load unevenly.", split.read, "%", "max", 18, 20,
            swings(split, 7, 13), fits=steady, margin_s=16,
            shortest_flight_s=720),
        "gas_generator_overspeed": high(
            "engine_1_ng_pct", "%", "Gas generator of engine 1 overspeeds.", (102, 104.7, 106), 5),
    }
    # fmt: on


def _drive_train() -> dict[str, EventKind]:
    rotor, me = one("rotor_speed_pct"), "main_gearbox_oil"
    # fmt: off
    return {
        "gearbox_oil_pressure_low": low(
            f"{me}_pressure_psi", "psi", "Main gearbox loses oil pressure.", (36, 28, 24), 12),
        "gearbox_oil_temperature_high": high(
            f"{me}_temperature_c", "C", "Main gearbox oil overheats.", (106, 112, 118), 25, 30),
        "chip_main_gearbox": switched_on("chip_main_gearbox", "Main gearbox sheds chips."),
        "chip_tail_gearbox": switched_on("chip_tail_gearbox", "Tail gearbox sheds chips."),
        "rotor_speed_high": high(
            "rotor_speed_pct", "%", "Rotor overspeeds under power.", (105.5, 107.8, 108.8), 5, 8),
        "rotor_speed_high_power_off": EventKind(
            "Rotor overspeeds in autorotation.", rotor.read, "%", "max", 112, 4,
            swings(rotor, 108.5, 110.9, 4), during=frozenset({"autorotation"}), margin_s=5,
            fits=between("engine_1_torque_pct", -1, 7), needs_autorotation=True),
        "rotor_speed_low": EventKind(
            "Rotor turns too slowly in flight.", rotor.read, "%", "min", 93.2, 6,
            swings(rotor, 96.2, 94.3, 6)),
        "rotor_droop": EventKind(
            "Rotor speed falls fast, as after a hard pull.", change_over("rotor_speed_pct", 2.0),
            "%", "min", -6.0, 2, droops, margin_s=12),
        "main_rotor_vibration_high": high(
            "main_rotor_vibration_ips", "ips", "Main rotor out of balance.", (0.44, 0.54, 0.7), 20),
        "tail_rotor_vibration_high": high(
            "tail_rotor_vibration_ips", "ips", "Tail rotor out of balance.", (0.54, 0.64, 0.8), 20),
    }
    # fmt: on


def _flying() -> dict[str, EventKind]:
    height, roll, sink = "radio_altitude_ft", one("roll_deg"), one("vertical_speed_ft_min")
    low_and_fast = between(height, 60, 280), between("airspeed_kt", 38, 200)
    # fmt: off
    return {
        "hard_landing": EventKind(
            "Hard landing.", one("acceleration_vertical_g").read, "g", "max", 2.1, 1, hits,
            during=frozenset({"landing"}), margin_s=0, fits=touchdown),
        "bank_angle_high": EventKind(
            "Steep bank at height.", roll.read, "deg", "max", 52, 5, swings(roll, 40, 47),
            fits=between(height, 400, 2600)),
        "bank_angle_high_low_altitude": EventKind(
            "Steep bank near the ground.", roll.read, "deg", "max", 36, 4,
            swings(roll, 26, 31.5, 2), during=APPROACH, margin_s=3, fits=between(height, 40, 270)),
        "pitch_high": high("pitch_deg", "deg", "Nose too high.", (17, 21.5, 25), 4, 4),
        "pitch_low": low("pitch_deg", "deg", "Nose too low.", (-12, -16.5, -19), 4),
        "descent_rate_high": EventKind(
            "Sinks too fast near the ground.", sink.read, "ft/min", "min", -1400, 4,
            swings(sink, -900, -1090, 3), during=APPROACH, margin_s=0,
            fits=lambda known: low_and_fast[0](known) & low_and_fast[1](known)),
        "vortex_ring": EventKind(
            "Settles in its own downwash.", sink.read, "ft/min", "min", -520, 4,
            swings(sink, -240, -340, 3), during=APPROACH | {"hover"}, margin_s=2,
            fits=lambda known: between("airspeed_kt", -1, 26)(known) & airborne(known)),
    }
    # fmt: on


def _tanks_and_sensors() -> dict[str, EventKind]:
    tanks = apart("fuel_quantity_left_kg", "fuel_quantity_right_kg")
    total, pitch = one("fuel_quantity_total_kg"), one("pitch_deg")
    # fmt: off
    return {
        "fuel_imbalance": EventKind(
            "Fuel is drawn from one side.", tanks.read, "kg", "max", 98, 90,
            swings(tanks, 70, 85, 20), margin_s=22, shortest_flight_s=720),
        "fuel_quantity_low": EventKind(
            "Too little fuel was taken.", total.read, "kg", "min", FUEL_LIMIT_KG - FUEL_STEP_KG, 10,
            runs_short, fits=burns_little_more, extent=until_stopped),
        "fuel_flow_mismatch": EventKind(
            "The fuel flow meters read too much all flight.", burnt_percent, "%", "max", 1.4, 60,
            reads_too_much, extent=once_told, shortest_flight_s=1080),
        "sensor_stuck": EventKind(
            "The pitch sensor freezes.", pitch.read, "deg", "max", 4.5, 150, freezes,
            during=CRUISE | {"climb", "descent", "autorotation"}, margin_s=2),
    }
    # fmt: on


EVENTS: Mapping[str, EventKind] = MappingProxyType(
    _engine(1) | _engine(2) | _both_engines() | _drive_train() | _flying() | _tanks_and_sensors()
)
"""Every kind of event, by the name of the algorithm that finds it."""
