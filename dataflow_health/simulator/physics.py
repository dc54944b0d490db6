"""Simulates a flight: every recorded quantity, eight samples a second, without noise.

Collective drives torque; torque drives gas generator, turbine temperature and fuel flow; fuel
quantity falls with flow; oils warm with a lag; the rotor stays near 100 % except for pulls and
autorotation; loads follow attitude. Coefficients are generic for a light twin and do not
describe any type.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dataflow_health.simulator import powerplant
from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.curves import GRID_HZ, Legs, interpolate_legs, power_mask, slope
from dataflow_health.simulator.legs import plan_legs
from dataflow_health.simulator.powerplant import Signals

KNOTS_PER_S_PER_G = 19.0626
"""9.80665 m/s2 (ISO 80000-3) in knots a second."""

FT_S2_PER_G = 32.174
"""9.80665 m/s2 in feet a second squared."""


@dataclass(frozen=True, slots=True)
class FlightSignals:
    """Signals of one flight.

    Attributes:
        seconds: Duration.
        signals: float64 (seconds * GRID_HZ,) by parameter name.
        phases: Planned phase of each second, as in ``flight.algorithms.flight_phase``.
    """

    seconds: int
    signals: Mapping[str, Floats]
    phases: tuple[str, ...]


def simulate_signals(
    duration_s: int, *, autorotation: bool, rng: np.random.Generator
) -> FlightSignals:
    """Simulates the signals of one flight.

    Args:
        duration_s: See :func:`~dataflow_health.simulator.legs.plan_legs`.
        autorotation: Whether the flight includes an autorotation.
        rng: Source of random numbers for route, weather and fuel.

    Returns:
        All parameters of the generic layouts except clock, numbers and text.

    Raises:
        ValueError: The duration is out of range.
    """
    legs = plan_legs(duration_s, autorotation=autorotation, rng=rng)
    outside_c = float(rng.uniform(4, 24))
    motion = _motion(legs, duration_s, rng)
    power = powerplant.power_signals(legs, duration_s, motion)
    temperatures = powerplant.temperature_signals(power, outside_c)
    signals = motion | power | temperatures | _controls(motion, power) | _air(motion, outside_c)
    signals |= powerplant.pressure_signals(power, temperatures) | powerplant.electrical_signals(
        power
    )
    signals |= powerplant.fuel_signals(power, rng) | _vibration(motion, power)
    signals |= _lights(signals, legs, duration_s)
    ends_s = np.cumsum([leg.duration_s for leg in legs])
    index = np.searchsorted(ends_s, np.arange(duration_s) + 0.5).clip(max=len(legs) - 1)
    return FlightSignals(duration_s, signals, tuple(legs[k].phase for k in index))


def _motion(legs: Legs, duration_s: int, rng: np.random.Generator) -> Signals:
    height_ft = interpolate_legs(legs, duration_s, [leg.height_ft for leg in legs], 5)
    height_ft = np.where(height_ft < 0.05, 0.0, height_ft)
    speed_kt = interpolate_legs(legs, duration_s, [leg.ground_speed_kt for leg in legs], 6)
    headings = np.cumsum([leg.turn_deg for leg in legs]) + rng.uniform(0, 360)
    heading_deg = interpolate_legs(legs, duration_s, headings.tolist(), 6)
    return {
        "radio_altitude_ft": height_ft,
        "pressure_altitude_ft": height_ft + float(rng.uniform(200, 1800)),
        "vertical_speed_ft_min": slope(height_ft) * 60,
        "ground_speed_kt": speed_kt,
        "heading_deg": heading_deg % 360,
        "weight_on_wheels": (height_ft == 0).astype(np.float64),
        **_attitude(height_ft, speed_kt, heading_deg),
        **_wind(height_ft, speed_kt, heading_deg, rng),
        **_track(speed_kt, heading_deg, rng),
    }


def _attitude(height_ft: Floats, speed_kt: Floats, heading_deg: Floats) -> Signals:
    """Coordinated turns; pitch decreases with speed and increases to decelerate."""
    flying, thrust_kt_s = height_ft > 0, slope(speed_kt)
    turn_rad_s = np.deg2rad(slope(heading_deg)) * flying
    bank_rad = np.arctan(turn_rad_s * speed_kt / KNOTS_PER_S_PER_G)
    lift_g = 1 + slope(slope(height_ft)) / FT_S2_PER_G
    return {
        "roll_deg": np.rad2deg(bank_rad),
        "pitch_deg": flying * (4 - 0.045 * speed_kt - 2.0 * thrust_kt_s),
        "acceleration_vertical_g": lift_g / np.cos(bank_rad),
        "acceleration_longitudinal_g": thrust_kt_s / KNOTS_PER_S_PER_G,
        "acceleration_lateral_g": 0.01 * np.sin(heading_deg / 40),
    }


def _wind(
    height_ft: Floats, speed_kt: Floats, heading_deg: Floats, rng: np.random.Generator
) -> Signals:
    wind_kt, from_deg = float(rng.uniform(2, 9)), float(rng.uniform(0, 360))
    angle_rad = np.deg2rad(heading_deg - from_deg)
    drift_deg = -np.rad2deg(np.arctan2(wind_kt * np.sin(angle_rad), 90))
    airspeed_kt = np.abs(speed_kt + wind_kt * np.cos(angle_rad))
    return {
        "airspeed_kt": np.where(height_ft > 0, airspeed_kt, 0.0),
        "drift_deg": np.where(speed_kt > 20, drift_deg, 0.0),
        "wind_speed_kt": np.full(len(speed_kt), wind_kt),
        "wind_direction_deg": np.full(len(speed_kt), from_deg),
    }


def _track(speed_kt: Floats, heading_deg: Floats, rng: np.random.Generator) -> Signals:
    """Dead reckoning on a sphere: one knot is one minute of latitude an hour."""
    step_deg = speed_kt / 3600 / 60 / GRID_HZ
    north, east = np.cos(np.deg2rad(heading_deg)), np.sin(np.deg2rad(heading_deg))
    latitude_deg = float(rng.uniform(46.2, 47.4)) + np.cumsum(step_deg * north)
    east_deg = np.cumsum(step_deg * east / np.cos(np.deg2rad(latitude_deg)))
    return {"latitude_deg": latitude_deg, "longitude_deg": float(rng.uniform(7, 9.5)) + east_deg}


def _controls(motion: Mapping[str, Floats], power: Mapping[str, Floats]) -> Signals:
    trim_pct = 48 + 0.12 * motion["ground_speed_kt"]
    return {
        "cyclic_lateral_pct": 50 + 0.25 * motion["roll_deg"],
        "cyclic_longitudinal_pct": trim_pct - 0.3 * motion["pitch_deg"],
        "pedal_pct": 42 + 0.2 * power["collective_pct"],
    }


def _air(motion: Mapping[str, Floats], outside_c: float) -> Signals:
    """2 C colder every 1,000 ft (ICAO standard atmosphere, rounded)."""
    return {"outside_air_temperature_c": outside_c - motion["radio_altitude_ft"] * 0.002}


def _vibration(motion: Mapping[str, Floats], power: Mapping[str, Floats]) -> Signals:
    turning = np.clip(power["rotor_speed_pct"] / 100, 0, 1.1) ** 2
    speed = motion["airspeed_kt"] / 120
    return {
        "main_rotor_vibration_ips": turning * (0.08 + 0.12 * speed**2),
        "tail_rotor_vibration_ips": turning * (0.14 + 0.04 * speed),
    }


OFF_SIGNALS = (
    "chip_main_gearbox", "chip_tail_gearbox", "chip_engine_1", "chip_engine_2", "fire_engine_1",
    "fire_engine_2", "float_armed", "master_warning",
)  # fmt: skip
"""Detectors and warnings that stay off in a flight without events."""


def _lights(signals: Mapping[str, Floats], legs: Legs, duration_s: int) -> Signals:
    """Discrete signals, computed from the others."""
    pressures = [signals[f"engine_{k}_oil_pressure_psi"] for k in (1, 2)]
    cautions = {"oil_pressure_low_light": np.minimum(*pressures) < 35}
    for side in ("left", "right"):
        cautions[f"fuel_low_{side}"] = signals[f"fuel_quantity_{side}_kg"] < 45
    for k in (1, 2):
        cautions[f"engine_out_{k}"] = signals[f"engine_{k}_ng_pct"] < 50
        cautions[f"generator_fail_{k}"] = signals[f"generator_{k}_volts_v"] < 20
        cautions[f"hydraulic_fail_{k}"] = signals[f"hydraulic_{k}_pressure_psi"] < 900
    height_ft = signals["radio_altitude_ft"]
    lights = cautions | {
        "autopilot_engaged": height_ft > 800,
        "landing_gear_down": height_ft < 400,
        "door_open": power_mask(legs, duration_s, "off") > 0,
        "cabin_heater": signals["outside_air_temperature_c"] < 12,
        "master_caution": np.logical_or.reduce(list(cautions.values())),
    }
    values = {name: on.astype(np.float64) for name, on in lights.items()}
    return values | {name: np.zeros(len(height_ft)) for name in OFF_SIGNALS}
