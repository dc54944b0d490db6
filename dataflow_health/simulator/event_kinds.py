"""Registry of events that can be injected into a flight: one for each of many shipped limits.

The name of an event is the file stem of the algorithm that must find it. Each event exceeds its own
limit in ``config/algorithms`` by many counts and stays within all others. Limits without an event
have worked examples only.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from dataflow_health.simulator.event_changes import (
    FUEL_LIMIT_KG,
    FUEL_STEP_KG,
    from_first_full_window,
    frozen_pitch,
    fuel_flow_overread,
    fuel_mismatch_percent,
    hard_landing,
    late_in_flight,
    low_fuel,
    one_engine_out,
    rotor_droop,
    temperature_spike,
    turbine_mismatch_percent,
    until_engines_stop,
)
from dataflow_health.simulator.event_kind import (
    CRUISE,
    EventKind,
    above,
    airborne,
    below,
    change_over,
    discrete_on,
    excursion,
    steady_flight,
    touchdown,
    within,
)
from dataflow_health.simulator.excursion import difference, equal_pair, single

MEASUREMENTS = (
    "airspeed_peak",
    "engine_1_power_assurance",
    "engine_1_shutdown_time",
    "engine_2_power_assurance",
    "engine_2_shutdown_time",
    "hover_time",
    "rotor_speed_peak",
    "vertical_acceleration_peak",
)
"""Algorithms that measure a quantity and therefore have a finding in every flight."""

START = frozenset({"start"})
APPROACH = frozenset({"approach"})


def _engine_events(number: int) -> dict[str, EventKind]:
    engine, name = f"engine_{number}", f"Engine {number}"
    pressure, tot, warm = (
        f"{engine}_oil_pressure_psi",
        f"{engine}_tot_c",
        f"{engine}_oil_temperature_c",
    )
    speed, turbine = f"{engine}_ng_pct", f"{engine}_nf_pct"
    # fmt: off
    return {
        f"{engine}_oil_pressure_low": below(
            pressure, "psi", f"{name} loses oil pressure.", (42, 33, 28), 12),
        f"{engine}_oil_pressure_high": EventKind(
            f"{name} has high oil pressure with warm oil.", single(pressure).read, "psi", "max",
            130, 16, excursion(single(pressure), 114, 122), fits=within(warm, 48, 200)),
        f"{engine}_oil_temperature_high": above(
            warm, "C", f"{name} has hot oil.", (103, 108.5, 114), 30, 30),
        f"{engine}_fuel_pressure_low": below(
            f"{engine}_fuel_pressure_psi", "psi", f"{name} loses fuel pressure.", (10, 7, 5), 12),
        f"{engine}_turbine_temperature_high": above(
            tot, "C", f"{name} has a hot turbine in flight.", (795, 822, 845), 6, 10),
        f"{engine}_turbine_temperature_high_at_start": EventKind(
            f"{name} has a hot start.", single(tot).read, "C", "max", 950, 3,
            excursion(single(tot), 880, 936, 8), during=START, margin_s=0,
            fits=within(speed, 12, 46)),
        f"{engine}_hot_start_rate": EventKind(
            f"{name} heats up too fast during start.", change_over(tot, 1.0), "C/s", "max",
            190, 3, temperature_spike(tot), during=START, margin_s=1, fits=within(speed, 10, 24)),
        f"{engine}_power_turbine_disagreement": EventKind(
            f"{name} has a power turbine sensor that reads low.", turbine_mismatch_percent(number),
            "%", "max", 90, 45, excursion(single(turbine), 98, 93), fits=steady_flight,
            shortest_flight_s=720),
        f"generator_{number}_volts_out_of_band": replace(
            below(f"generator_{number}_volts_v", "V", f"Generator {number} voltage drops.",
                (27, 24.5, 23), 14), sample_interval_s=2, first_sample_s=number - 1),
        f"hydraulic_{number}_pressure_low": below(
            f"hydraulic_{number}_pressure_psi", "psi", f"Hydraulic system {number} loses pressure.",
            (1010, 860, 700), 8),
        f"chip_engine_{number}": discrete_on(f"chip_engine_{number}", f"{name} produces chips."),
    }
    # fmt: on


def _engine_pair_events() -> dict[str, EventKind]:
    first, second = (single(f"engine_{k}_torque_pct") for k in (1, 2))
    split = difference(*first.names, *second.names)
    pressures = difference("engine_1_oil_pressure_psi", "engine_2_oil_pressure_psi")
    # fmt: off
    return {
        "engine_oil_pressure_disagreement": EventKind(
            "Oil pressures diverge, both within their limits.", pressures.read, "psi", "max", 36,
            60, excursion(pressures, 18, 30), fits=steady_flight, shortest_flight_s=720),
        "torque_above_limit": EventKind(
            "Overtorque on both engines.", first.read, "%", "max", 111, 5,
            excursion(equal_pair(*first.names, *second.names), 101, 107, 7)),
        "torque_above_limit_one_engine": EventKind(
            "Engine 2 runs down; engine 1 exceeds its torque limit.", first.read, "%", "max", 138,
            5, one_engine_out, margin_s=14),
        "torque_split": EventKind(
            "Engines share the load unevenly.", split.read, "%", "max", 18, 20,
            excursion(split, 7, 13), fits=steady_flight, margin_s=16,
            shortest_flight_s=720),
        "gas_generator_overspeed": above(
            "engine_1_ng_pct", "%", "Gas generator of engine 1 overspeeds.", (102, 104.7, 106), 5),
    }
    # fmt: on


def _drive_train_events() -> dict[str, EventKind]:
    rotor, oil = single("rotor_speed_pct"), "main_gearbox_oil"
    # fmt: off
    return {
        "gearbox_oil_pressure_low": below(
            f"{oil}_pressure_psi", "psi", "Main gearbox loses oil pressure.", (36, 28, 24), 12),
        "gearbox_oil_temperature_high": above(
            f"{oil}_temperature_c", "C", "Main gearbox oil overheats.", (106, 112, 118), 25, 30),
        "chip_main_gearbox": discrete_on("chip_main_gearbox", "Main gearbox produces chips."),
        "chip_tail_gearbox": discrete_on("chip_tail_gearbox", "Tail gearbox produces chips."),
        "rotor_speed_high": above(
            "rotor_speed_pct", "%", "Rotor overspeeds under power.", (105.5, 107.8, 108.8), 5, 8),
        "rotor_speed_high_power_off": EventKind(
            "Rotor overspeeds in autorotation.", rotor.read, "%", "max", 112, 4,
            excursion(rotor, 108.5, 110.9, 4), during=frozenset({"autorotation"}), margin_s=5,
            fits=within("engine_1_torque_pct", -1, 7), needs_autorotation=True),
        "rotor_speed_low": EventKind(
            "Rotor turns too slowly in flight.", rotor.read, "%", "min", 93.2, 6,
            excursion(rotor, 96.2, 94.3, 6)),
        "rotor_droop": EventKind(
            "Rotor speed falls fast, as after an abrupt pull.",
            change_over("rotor_speed_pct", 2.0), "%", "min", -6.0, 2, rotor_droop, margin_s=12),
        "main_rotor_vibration_high": above(
            "main_rotor_vibration_ips", "ips", "Main rotor is out of balance.", (0.44, 0.54, 0.7),
            20),
        "tail_rotor_vibration_high": above(
            "tail_rotor_vibration_ips", "ips", "Tail rotor is out of balance.", (0.54, 0.64, 0.8),
            20),
    }
    # fmt: on


def _flight_path_events() -> dict[str, EventKind]:
    height, roll, sink = "radio_altitude_ft", single("roll_deg"), single("vertical_speed_ft_min")
    low_and_fast = within(height, 60, 280), within("airspeed_kt", 38, 200)
    # fmt: off
    return {
        "hard_landing": EventKind(
            "Hard landing.", single("acceleration_vertical_g").read, "g", "max", 2.1, 1,
            hard_landing, during=frozenset({"landing"}), margin_s=0, fits=touchdown),
        "bank_angle_high": EventKind(
            "Steep bank at altitude.", roll.read, "deg", "max", 52, 5, excursion(roll, 40, 47),
            fits=within(height, 400, 2600)),
        "bank_angle_high_low_altitude": EventKind(
            "Steep bank near the ground.", roll.read, "deg", "max", 36, 4,
            excursion(roll, 26, 31.5, 2), during=APPROACH, margin_s=3,
            fits=within(height, 40, 270)),
        "pitch_high": above("pitch_deg", "deg", "Pitch is too high.", (17, 21.5, 25), 4, 4),
        "pitch_low": below("pitch_deg", "deg", "Pitch is too low.", (-12, -16.5, -19), 4),
        "descent_rate_high": EventKind(
            "Descent rate is too high near the ground.", sink.read, "ft/min", "min", -1400, 4,
            excursion(sink, -900, -1090, 3), during=APPROACH, margin_s=0,
            fits=lambda rows: low_and_fast[0](rows) & low_and_fast[1](rows)),
        "vortex_ring": EventKind(
            "Helicopter settles in its own downwash.", sink.read, "ft/min", "min", -520, 4,
            excursion(sink, -240, -340, 3), during=APPROACH | {"hover"}, margin_s=2,
            fits=lambda rows: within("airspeed_kt", -1, 26)(rows) & airborne(rows)),
    }
    # fmt: on


def _fuel_and_sensor_events() -> dict[str, EventKind]:
    tanks = difference("fuel_quantity_left_kg", "fuel_quantity_right_kg")
    total, pitch = single("fuel_quantity_total_kg"), single("pitch_deg")
    # fmt: off
    return {
        "fuel_imbalance": EventKind(
            "Fuel is drawn from one side only.", tanks.read, "kg", "max", 98, 90,
            excursion(tanks, 70, 85, 20), margin_s=22, shortest_flight_s=720),
        "fuel_quantity_low": EventKind(
            "Too little fuel was taken.", total.read, "kg", "min", FUEL_LIMIT_KG - FUEL_STEP_KG, 10,
            low_fuel, fits=late_in_flight, extent=until_engines_stop),
        "fuel_flow_mismatch": EventKind(
            "Fuel flow meters read too high for the whole flight.", fuel_mismatch_percent, "%",
            "max", 1.4, 60, fuel_flow_overread, extent=from_first_full_window,
            shortest_flight_s=1080),
        "sensor_stuck": EventKind(
            "Pitch sensor shows a constant value.", pitch.read, "deg", "max", 4.5, 150,
            frozen_pitch, during=CRUISE | {"climb", "descent", "autorotation"}, margin_s=2),
    }
    # fmt: on


EVENT_KINDS: Mapping[str, EventKind] = MappingProxyType(
    _engine_events(1)
    | _engine_events(2)
    | _engine_pair_events()
    | _drive_train_events()
    | _flight_path_events()
    | _fuel_and_sensor_events()
)
"""Every kind of event, by the name of the algorithm that finds it."""
