"""Changes of readings that are more than one excursion, and the measures of their peaks."""

import numpy as np

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.event_kind import (
    Mask,
    Measure,
    ReadingsChange,
    ReadingsView,
    airborne,
)
from dataflow_health.simulator.excursion import (
    Excursion,
    Window,
    apply_excursion,
    hold_value,
    piecewise_linear,
    row_times_s,
)
from dataflow_health.simulator.sampling import Readings

FUEL_LIMIT_KG = 80.0
"""A tenth of the fuel capacity of the generic type (config/algorithms/fuel_quantity_low.yaml)."""

FUEL_STEP_KG = 1.2
"""Distance of the fuel readings from the limit on either side: many counts, yet little fuel."""

FLOW_WINDOW_S = 600
"""Window for comparing fuel flow and quantity (config/algorithms/fuel_flow_mismatch.yaml)."""

FLOWS = ("engine_1_fuel_flow_kg_h", "engine_2_fuel_flow_kg_h")
TURNING_NG_PCT = 5.0
"""An engine below this speed is stopped (flight/algorithms/flight_phase.py)."""


def temperature_spike(name: str) -> ReadingsChange:
    """Temperature that rises ``peak`` degrees a second during the window, then returns."""

    def change(readings: ReadingsView, window: Window, peak: float) -> Readings:
        begin_s, end_s = window.start_s - 1, window.end_s
        start = float(readings[name][begin_s, 0])
        top = start + peak * (end_s - begin_s)
        points: dict[float, float] = {
            begin_s: start,
            end_s: top,
            end_s + 4: top,
            end_s + 12: np.nan,
        }
        return {name: piecewise_linear(readings[name], points)}

    return change


def one_engine_out(readings: ReadingsView, window: Window, peak: float) -> Readings:
    """Engine 2 runs down before engine 1 takes the load, and recovers afterwards."""
    run_down = Window(window.start_s - 6, window.end_s + 6)
    changed = {
        name: apply_excursion(readings[name], run_down, Excursion(level, level, 5), level)
        for name, level in {"engine_2_ng_pct": 56.0, "engine_2_torque_pct": 1.0}.items()
    }
    torque = apply_excursion(readings["engine_1_torque_pct"], window, Excursion(122, 133, 4), peak)
    return changed | {"engine_1_torque_pct": torque}


def rotor_droop(readings: ReadingsView, window: Window, peak: float) -> Readings:
    """The rotor speed rises slightly, then changes by ``peak`` in the second before the window."""
    name, at_s, above_pct = "rotor_speed_pct", window.start_s - 1, 102.5
    low = above_pct + peak
    points: dict[float, float] = {
        at_s - 8: np.nan, at_s: above_pct, at_s + 1: low, at_s + 5: low, at_s + 10: np.nan,
    }  # fmt: skip
    return {name: piecewise_linear(readings[name], points)}


def hard_landing(readings: ReadingsView, window: Window, peak: float) -> Readings:
    """Vertical load for a quarter of a second at touchdown."""
    rows = readings["acceleration_vertical_g"].copy()
    rows[window.start_s, :2] = peak
    return {"acceleration_vertical_g": rows}


def frozen_pitch(readings: ReadingsView, window: Window, peak: float) -> Readings:
    """The pitch sensor shows one constant value that occurs neither before nor after."""
    return {"pitch_deg": hold_value(readings["pitch_deg"], window, peak)}


def low_fuel(readings: ReadingsView, window: Window, peak: float) -> Readings:
    """Too little fuel was taken: the total falls below its limit at the start of the window.

    The first gauge reading in the window is ``peak``; it decreases during the rest of the flight.
    """
    total = readings["fuel_quantity_total_kg"]
    late = row_times_s(total) >= window.start_s
    level = float(np.median(total[window.start_s - 4 : window.start_s + 5]))
    shift = np.where(late, peak, 2 * FUEL_LIMIT_KG - peak) - level
    sides = {
        f"fuel_quantity_{side}_kg": np.maximum(readings[f"fuel_quantity_{side}_kg"] + shift / 2, 0)
        for side in ("left", "right")
    }
    lights = {
        f"fuel_low_{side}": (sides[f"fuel_quantity_{side}_kg"] < 45).astype(np.float64)
        for side in ("left", "right")
    }
    return {"fuel_quantity_total_kg": np.maximum(total + shift, 0), **sides, **lights}


def late_in_flight(readings: ReadingsView) -> Mask:
    """Seconds after which the rest of the flight burns 5 to 60 kg of fuel."""
    total = readings["fuel_quantity_total_kg"][:, 0]
    remaining = total - total[-1]
    mask: Mask = (remaining > 5) & (remaining < 60)
    return mask


def until_engines_stop(readings: ReadingsView, window: Window) -> Window:
    """Extends the window to the last second in which an engine turns."""
    speeds = [readings[f"engine_{k}_ng_pct"].mean(axis=1) for k in (1, 2)]
    return Window(window.start_s, int(np.flatnonzero(np.maximum(*speeds) >= TURNING_NG_PCT)[-1]))


def fuel_flow_overread(readings: ReadingsView, window: Window, peak: float) -> Readings:  # noqa: ARG001
    """Both flow meters read ``peak`` times the actual flow, from power on to power off."""
    return {name: readings[name] * peak for name in FLOWS}


def from_first_full_window(readings: ReadingsView, window: Window) -> Window:  # noqa: ARG001
    """From the first airborne second with a full comparison window to the last airborne second."""
    seconds = np.flatnonzero(airborne(readings))
    return Window(int(seconds[0]) + FLOW_WINDOW_S, int(seconds[-1]))


def fuel_mismatch_percent(readings: ReadingsView) -> Floats:
    """Difference between fuel flow and fuel quantity over the comparison window, in percent."""
    flow = np.add(*(readings[name][:, 0] for name in FLOWS)) / 3600
    burnt = np.concatenate(([0.0], np.cumsum(flow)[:-1]))
    total = readings["fuel_quantity_total_kg"][:, 0]
    fell, flowed = (x[FLOW_WINDOW_S:] - x[:-FLOW_WINDOW_S] for x in (-total, burnt))
    percent = 100 * np.abs(fell - flowed) / np.maximum(np.abs(fell), np.abs(flowed))
    return np.concatenate((np.zeros(FLOW_WINDOW_S), percent))[:, None]


def turbine_mismatch_percent(number: int) -> Measure:
    """Difference between power turbine and rotor speed in percent, at the rotor speed's rate."""

    def measure(readings: ReadingsView) -> Floats:
        rotor, turbine = readings["rotor_speed_pct"], readings[f"engine_{number}_nf_pct"]
        repeated = np.repeat(turbine, rotor.shape[1] // turbine.shape[1], axis=1)
        return 100 * np.abs(rotor - repeated) / np.maximum(np.maximum(rotor, repeated), 1)

    return measure
