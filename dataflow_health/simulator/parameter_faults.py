"""Sensors, converters and clocks that go wrong: changes to the counts of a recording."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.simulator.convert import Integers, count_limits, to_counts, to_values
from dataflow_health.simulator.fault_kind import CountsChange, FaultKind
from dataflow_health.simulator.recorded import Recorded, clock_names
from dataflow_health.simulator.sampling import CountTable, clock, rounded

Rows = Callable[[Integers, np.random.Generator], Integers]

DEFAULT_DATE = datetime(1980, 1, 1, tzinfo=UTC)
"""Where a clock without battery begins: the first day that a FAT file system can tell."""

SPIKES_APART_S = 200
"""On average: too few to be taken for a sensor out of range."""

STUCK_FROM_S = 60
"""Before take-off, so that nothing moves in flight."""

CLOCK_BACK = timedelta(hours=1)
BETWEEN_FLIGHTS = timedelta(minutes=40)


def _one(name: str, change: Rows) -> CountsChange:
    """A change of one parameter."""

    def changed(
        recorded: Recorded, layout: Layout, rng: np.random.Generator
    ) -> tuple[CountTable, ...]:
        rows = change(recorded.counts[name].copy(), rng)
        limits = count_limits(layout.parameters[name])
        return (recorded.counts | {name: np.clip(rows, *limits)},)

    return changed


def _stuck(rows: Integers, _rng: np.random.Generator) -> Integers:
    rows[STUCK_FROM_S:] = rows[STUCK_FROM_S, 0]
    return rows


def _noisy(rows: Integers, rng: np.random.Generator) -> Integers:
    return rows + np.rint(rng.standard_normal(rows.shape) * 120).astype(np.int64)


def _spikes(rows: Integers, rng: np.random.Generator) -> Integers:
    rows[rng.choice(len(rows), size=len(rows) // SPIKES_APART_S, replace=False)] = 1 << 20
    return rows


def _loses_sign(rows: Integers, _rng: np.random.Generator) -> Integers:
    """Two's complement of twelve bits read without its top bit."""
    return rows & 0x7FF


def _too_high(
    recorded: Recorded, layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    name = "battery_volts_v"
    rows = recorded.counts[name].copy()
    half = len(rows) // 2
    rows[half : half + 120] = to_counts(layout.parameters[name], 60.0)
    return (recorded.counts | {name: rows},)


def _swapped(
    recorded: Recorded, _layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    first = [name for name in recorded.counts if name.startswith("engine_1_")]
    pairs = {name: name.replace("engine_1_", "engine_2_") for name in first}
    crossed = pairs | {second: name for name, second in pairs.items()}
    swapped = {name: recorded.counts[other] for name, other in crossed.items()}
    return (recorded.counts | swapped,)


def _drifts(
    recorded: Recorded, layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    """Down by 38 psi from take-off to the middle of the flight, still above its own limit."""
    name = "engine_2_oil_pressure_psi"
    parameter, rows = layout.parameters[name], recorded.counts[name]
    fall_psi = np.interp(np.arange(len(rows)), [200, len(rows) // 2], [0, 38])[:, None]
    running = recorded.counts["weight_on_wheels"] == 0
    values = to_values(parameter, rows) - fall_psi * running
    return (recorded.counts | {name: to_counts(parameter, values)},)


def _clock_set(at_share: float, to: Callable[[datetime], datetime]) -> CountsChange:
    """The clock says something else from some part of the recording on."""

    def changed(
        recorded: Recorded, layout: Layout, _rng: np.random.Generator
    ) -> tuple[CountTable, ...]:
        seconds = recorded.plan.duration_s
        row = int(seconds * at_share)
        wrong_at = to(recorded.plan.started_at + timedelta(seconds=row))
        new = rounded(layout, clock(wrong_at, seconds - row, clock_names(layout.clock)))
        old = recorded.counts
        return (old | {name: np.concatenate((old[name][:row], new[name])) for name in new},)

    return changed


def _twice(recorded: Recorded, layout: Layout, _rng: np.random.Generator) -> tuple[CountTable, ...]:
    """The recorder was switched on again: a second flight, like the first but for its time."""
    seconds = recorded.plan.duration_s
    later = recorded.plan.started_at + timedelta(seconds=seconds) + BETWEEN_FLIGHTS
    again = rounded(layout, clock(later, seconds, clock_names(layout.clock)))
    return recorded.counts, recorded.counts | again


def _cut(recorded: Recorded, _layout: Layout, _rng: np.random.Generator) -> tuple[CountTable, ...]:
    return ({name: rows[: len(rows) * 55 // 100] for name, rows in recorded.counts.items()},)


PARAMETER_FAULTS = {
    "stuck": FaultKind(
        "The main gearbox's temperature stops moving before take-off.",
        "parameter", "parse", "remarked", "parameters_live", shortest_flight_s=960,
        on_counts=_one("main_gearbox_oil_temperature_c", _stuck)),
    "dead": FaultKind(
        "The mast moment is zero all flight.",
        "parameter", "parse", "remarked", "parameters_live",
        on_counts=_one("mast_moment_pct", lambda rows, _rng: np.zeros_like(rows))),
    "noisy": FaultKind(
        "The tail gearbox's temperature jumps about by degrees.",
        "parameter", "parse", "kept", on_counts=_one("tail_gearbox_temperature_c", _noisy)),
    "spikes": FaultKind(
        "Single samples of the intermediate gearbox's temperature are full scale.",
        "parameter", "parse", "kept",
        on_counts=_one("intermediate_gearbox_temperature_c", _spikes)),
    "wrong_sign": FaultKind(
        "The lateral acceleration lost its sign bit: small to the left reads large to the right.",
        "parameter", "parse", "kept", on_counts=_one("acceleration_lateral_g", _loses_sign)),
    "out_of_range": FaultKind(
        "The battery's voltage reads 60 V for two minutes.",
        "parameter", "parse", "remarked", "values_in_range", on_counts=_too_high),
    "swapped_engines": FaultKind(
        "Engines 1 and 2 are connected the wrong way round; their generators are not.",
        "parameter", "analyse", "found", "generator_2_volts_out_of_band", on_counts=_swapped),
    "drift": FaultKind(
        "The oil pressure sensor of engine 2 drifts away from its twin.",
        "parameter", "analyse", "found", "engine_oil_pressure_disagreement", on_counts=_drifts),
    "clock_reset": FaultKind(
        "The clock falls back to its default date in mid-flight.",
        "recording", "parse", "remarked", "clock_consistent",
        on_counts=_clock_set(0.6, lambda _at: DEFAULT_DATE)),
    "clock_back": FaultKind(
        "The clock goes back by an hour in mid-flight.",
        "recording", "parse", "remarked", "clock_consistent",
        on_counts=_clock_set(0.6, lambda at: at - CLOCK_BACK)),
    "two_flights": FaultKind(
        "One recording holds two flights, with the recorder off between them.",
        "recording", "parse", "gap", on_counts=_twice),
    "cut_in_flight": FaultKind(
        "The recording ends in the air.",
        "recording", "parse", "remarked", "duration_plausible", on_counts=_cut),
}  # fmt: skip
"""Faults that are changes of counts, by name."""
