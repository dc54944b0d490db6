"""Changes that are more than one quantity out of its limits and back, and how they are measured."""

import numpy as np

from dataflow_health.simulator.convert import Floats
from dataflow_health.simulator.event_kind import Change, Known, Mask, Measure, airborne
from dataflow_health.simulator.excursion import Swing, Window, drawn, held_at, swung, times_s
from dataflow_health.simulator.sampling import Readings

FUEL_LIMIT_KG = 80.0
"""A tenth of the generic type's capacity (config/algorithms/fuel_quantity_low.yaml)."""

FUEL_STEP_KG = 1.2
"""Fuel jumps this far from either side of the limit: many counts, yet little beside what burns."""

FLOW_WINDOW_S = 600
"""Over which flow and quantity are compared (config/algorithms/fuel_flow_mismatch.yaml)."""

FLOWS = ("engine_1_fuel_flow_kg_h", "engine_2_fuel_flow_kg_h")
TURNING_NG_PCT = 5.0
"""Below this an engine stands (flight/phase.py)."""


def shoots_up(name: str) -> Change:
    """A temperature that rises ``peak`` degrees a second through the window, then comes back."""

    def change(readings: Known, window: Window, peak: float) -> Readings:
        begin_s, end_s = window.start_s - 1, window.end_s
        start = float(readings[name][begin_s, 0])
        top = start + peak * (end_s - begin_s)
        points: dict[float, float] = {
            begin_s: start,
            end_s: top,
            end_s + 4: top,
            end_s + 12: np.nan,
        }
        return {name: drawn(readings[name], points)}

    return change


def one_engine_out(readings: Known, window: Window, peak: float) -> Readings:
    """Engine 2 runs down some seconds before engine 1 takes up the load, and back after."""
    longer = Window(window.start_s - 6, window.end_s + 6)
    changed = {
        name: swung(readings[name], longer, Swing(level, level, 5), level)
        for name, level in {"engine_2_ng_pct": 56.0, "engine_2_torque_pct": 1.0}.items()
    }
    torque = swung(readings["engine_1_torque_pct"], window, Swing(122, 133, 4), peak)
    return changed | {"engine_1_torque_pct": torque}


def droops(readings: Known, window: Window, peak: float) -> Readings:
    """The rotor gains a little, then loses ``peak`` in the second before the window."""
    name, at_s, above_pct = "rotor_speed_pct", window.start_s - 1, 102.5
    low = above_pct + peak
    points: dict[float, float] = {
        at_s - 8: np.nan, at_s: above_pct, at_s + 1: low, at_s + 5: low, at_s + 10: np.nan,
    }  # fmt: skip
    return {name: drawn(readings[name], points)}


def hits(readings: Known, window: Window, peak: float) -> Readings:
    """A quarter of a second of load as the wheels take the weight."""
    rows = readings["acceleration_vertical_g"].copy()
    rows[window.start_s, :2] = peak
    return {"acceleration_vertical_g": rows}


def freezes(readings: Known, window: Window, peak: float) -> Readings:
    """The pitch sensor says one thing only, which it says neither before nor after."""
    return {"pitch_deg": held_at(readings["pitch_deg"], window, peak)}


def runs_short(readings: Known, window: Window, peak: float) -> Readings:
    """So little fuel was taken that the total passes its limit as the window begins.

    The first gauge reading in the window is ``peak``, which the rest of the flight then lowers.
    """
    total = readings["fuel_quantity_total_kg"]
    late = times_s(total) >= window.start_s
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


def burns_little_more(readings: Known) -> Mask:
    """Seconds after which the rest of the flight burns 5 to 60 kg."""
    left = readings["fuel_quantity_total_kg"][:, 0]
    rest = left - left[-1]
    suits: Mask = (rest > 5) & (rest < 60)
    return suits


def until_stopped(readings: Known, window: Window) -> Window:
    """To the last second in which an engine turns."""
    speeds = [readings[f"engine_{k}_ng_pct"].mean(axis=1) for k in (1, 2)]
    return Window(window.start_s, int(np.flatnonzero(np.maximum(*speeds) >= TURNING_NG_PCT)[-1]))


def reads_too_much(readings: Known, window: Window, peak: float) -> Readings:  # noqa: ARG001
    """Both flow meters read ``peak`` times what flows, from power on to power off."""
    return {name: readings[name] * peak for name in FLOWS}


def once_told(readings: Known, window: Window) -> Window:  # noqa: ARG001
    """From the first second that looks back on a whole window in the air, to the last one there."""
    seconds = np.flatnonzero(airborne(readings))
    return Window(int(seconds[0]) + FLOW_WINDOW_S, int(seconds[-1]))


def burnt_percent(readings: Known) -> Floats:
    """How far fuel that flowed and fuel that left the tanks disagree over the flow window."""
    flow = np.add(*(readings[name][:, 0] for name in FLOWS)) / 3600
    burnt = np.concatenate(([0.0], np.cumsum(flow)[:-1]))
    total = readings["fuel_quantity_total_kg"][:, 0]
    fell, flowed = (x[FLOW_WINDOW_S:] - x[:-FLOW_WINDOW_S] for x in (-total, burnt))
    percent = 100 * np.abs(fell - flowed) / np.maximum(np.abs(fell), np.abs(flowed))
    return np.concatenate((np.zeros(FLOW_WINDOW_S), percent))[:, None]


def turbine_apart_percent(number: int) -> Measure:
    """How far an engine's power turbine and the rotor disagree, at the rotor's rate."""

    def measure(readings: Known) -> Floats:
        rotor, turbine = readings["rotor_speed_pct"], readings[f"engine_{number}_nf_pct"]
        held = np.repeat(turbine, rotor.shape[1] // turbine.shape[1], axis=1)
        return 100 * np.abs(rotor - held) / np.maximum(np.maximum(rotor, held), 1)

    return measure
