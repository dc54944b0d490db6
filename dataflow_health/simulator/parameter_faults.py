"""Faults of sensors, converters and clocks: changes to the counts of a recording."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np

from dataflow_health.flight.layout import Layout
from dataflow_health.simulator.convert import Integers, count_limits, to_counts, to_values
from dataflow_health.simulator.fault_kind import CountsChange, FaultKind
from dataflow_health.simulator.sampling import CountTable, clock_readings, round_to_counts
from dataflow_health.simulator.simulated_flight import SimulatedFlight, clock_parameters

Rows = Callable[[Integers, np.random.Generator], Integers]

DEFAULT_DATE = datetime(1980, 1, 1, tzinfo=UTC)
"""Start date of a clock without battery: the first day a FAT file system can represent."""

SPIKES_APART_S = 200
"""Average interval: too few spikes to count as a sensor out of range."""

STUCK_FROM_S = 60
"""Before take-off, so that the value is constant in flight."""

CLOCK_BACK = timedelta(hours=1)
BETWEEN_FLIGHTS = timedelta(minutes=40)


def _single(name: str, change: Rows) -> CountsChange:
    """Change of a single parameter."""

    def changed(
        flight: SimulatedFlight, layout: Layout, rng: np.random.Generator
    ) -> tuple[CountTable, ...]:
        rows = change(flight.counts[name].copy(), rng)
        limits = count_limits(layout.parameters[name])
        return (flight.counts | {name: np.clip(rows, *limits)},)

    return changed


def _stuck(rows: Integers, _rng: np.random.Generator) -> Integers:
    rows[STUCK_FROM_S:] = rows[STUCK_FROM_S, 0]
    return rows


def _noisy(rows: Integers, rng: np.random.Generator) -> Integers:
    return rows + np.rint(rng.standard_normal(rows.shape) * 120).astype(np.int64)


def _spikes(rows: Integers, rng: np.random.Generator) -> Integers:
    rows[rng.choice(len(rows), size=len(rows) // SPIKES_APART_S, replace=False)] = 1 << 20
    return rows


def _without_sign_bit(rows: Integers, _rng: np.random.Generator) -> Integers:
    """Reads two's complement of twelve bits without the sign bit."""
    return rows & 0x7FF


def _above_range(
    flight: SimulatedFlight, layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    name = "battery_volts_v"
    rows = flight.counts[name].copy()
    half = len(rows) // 2
    rows[half : half + 120] = to_counts(layout.parameters[name], 60.0)
    return (flight.counts | {name: rows},)


def _swapped_engines(
    flight: SimulatedFlight, _layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    first = [name for name in flight.counts if name.startswith("engine_1_")]
    pairs = {name: name.replace("engine_1_", "engine_2_") for name in first}
    exchanged = pairs | {second: name for name, second in pairs.items()}
    swapped = {name: flight.counts[other] for name, other in exchanged.items()}
    return (flight.counts | swapped,)


def _drifting(
    flight: SimulatedFlight, layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    """Falls by 38 psi from take-off to the middle of the flight, staying above its own limit."""
    name = "engine_2_oil_pressure_psi"
    parameter, rows = layout.parameters[name], flight.counts[name]
    fall_psi = np.interp(np.arange(len(rows)), [200, len(rows) // 2], [0, 38])[:, None]
    running = flight.counts["weight_on_wheels"] == 0
    values = to_values(parameter, rows) - fall_psi * running
    return (flight.counts | {name: to_counts(parameter, values)},)


def _clock_jump(at_share: float, new_time: Callable[[datetime], datetime]) -> CountsChange:
    """Sets the clock to another time from a given share of the recording on."""

    def changed(
        flight: SimulatedFlight, layout: Layout, _rng: np.random.Generator
    ) -> tuple[CountTable, ...]:
        seconds = flight.plan.duration_s
        row = int(seconds * at_share)
        wrong_at = new_time(flight.plan.started_at + timedelta(seconds=row))
        new = round_to_counts(
            layout, clock_readings(wrong_at, seconds - row, clock_parameters(layout.clock))
        )
        old = flight.counts
        return (old | {name: np.concatenate((old[name][:row], new[name])) for name in new},)

    return changed


def _two_flights(
    flight: SimulatedFlight, layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    """Adds a second flight after the recorder was switched on again; only its time differs."""
    seconds = flight.plan.duration_s
    later = flight.plan.started_at + timedelta(seconds=seconds) + BETWEEN_FLIGHTS
    again = round_to_counts(layout, clock_readings(later, seconds, clock_parameters(layout.clock)))
    return flight.counts, flight.counts | again


def _ends_in_flight(
    flight: SimulatedFlight, _layout: Layout, _rng: np.random.Generator
) -> tuple[CountTable, ...]:
    return ({name: rows[: len(rows) * 55 // 100] for name, rows in flight.counts.items()},)


PARAMETER_FAULTS = {
    "stuck": FaultKind(
        "The main gearbox temperature is constant from before take-off.",
        "parameter", "parse", "flagged", "parameters_live", shortest_flight_s=960,
        on_counts=_single("main_gearbox_oil_temperature_c", _stuck)),
    "dead": FaultKind(
        "The mast moment is zero for the whole flight.",
        "parameter", "parse", "flagged", "parameters_live",
        on_counts=_single("mast_moment_pct", lambda rows, _rng: np.zeros_like(rows))),
    "noisy": FaultKind(
        "The tail gearbox temperature has a noise of several degrees.",
        "parameter", "parse", "intact", on_counts=_single("tail_gearbox_temperature_c", _noisy)),
    "spikes": FaultKind(
        "Single samples of the intermediate gearbox temperature are full scale.",
        "parameter", "parse", "intact",
        on_counts=_single("intermediate_gearbox_temperature_c", _spikes)),
    "wrong_sign": FaultKind(
        "The lateral acceleration lacks its sign bit: small to the left reads large to the right.",
        "parameter", "parse", "intact",
        on_counts=_single("acceleration_lateral_g", _without_sign_bit)),
    "out_of_range": FaultKind(
        "The battery voltage reads 60 V for two minutes.",
        "parameter", "parse", "flagged", "values_in_range", on_counts=_above_range),
    "swapped_engines": FaultKind(
        "Sensors of engines 1 and 2 are swapped; their generators are not.",
        "parameter", "analyse", "found", "generator_2_volts_out_of_band",
        on_counts=_swapped_engines),
    "drift": FaultKind(
        "The oil pressure sensor of engine 2 drifts away from that of engine 1.",
        "parameter", "analyse", "found", "engine_oil_pressure_disagreement", on_counts=_drifting),
    "clock_reset": FaultKind(
        "The clock resets to its default date in flight.",
        "recording", "parse", "flagged", "clock_consistent",
        on_counts=_clock_jump(0.6, lambda _at: DEFAULT_DATE)),
    "clock_back": FaultKind(
        "The clock goes back by an hour in flight.",
        "recording", "parse", "flagged", "clock_consistent",
        on_counts=_clock_jump(0.6, lambda at: at - CLOCK_BACK)),
    "two_flights": FaultKind(
        "One recording contains two flights, with the recorder off between them.",
        "recording", "parse", "gap", on_counts=_two_flights),
    "cut_in_flight": FaultKind(
        "The recording ends in flight.",
        "recording", "parse", "flagged", "duration_plausible", on_counts=_ends_in_flight),
}  # fmt: skip
"""Faults in parameters, by name."""
