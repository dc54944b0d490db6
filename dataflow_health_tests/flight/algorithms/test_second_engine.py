"""The findings of shipped algorithms equal those of polars, computed in another way.

There: long tables, as-of joins and run lengths.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.flight.algorithms.algorithm import run_algorithm
from dataflow_health.flight.algorithms.flight_phase import Phase
from dataflow_health.flight.recording import Flight
from dataflow_health_tests.flight.algorithms.flights import make_phases, read_algorithm

# Rates of the generic twin: samples per second, or seconds per sample where negative.
RATES = {
    "engine_1_oil_pressure_psi": 1,
    "engine_1_ng_pct": 2,
    "engine_1_tot_c": 2,
    "engine_2_ng_pct": 2,
    "rotor_speed_pct": 4,
    "hydraulic_1_pressure_psi": 1,
    "generator_1_volts_v": -2,
    "fuel_quantity_left_kg": 1,
    "fuel_quantity_right_kg": 1,
    "roll_deg": 4,
    "radio_altitude_ft": 4,
}


@dataclass(frozen=True)
class Query:
    """An algorithm as a polars expression."""

    when: pl.Expr
    lasting_ms: int
    peak: pl.Expr
    extreme: str = "min"


def col(name: str) -> pl.Expr:
    return pl.col(name)


QUERIES = {
    "engine_1_oil_pressure_low": Query(
        (col("engine_1_oil_pressure_psi") < 35) & (col("engine_1_ng_pct") > 60),
        5000, col("engine_1_oil_pressure_psi"),
    ),
    "engine_1_turbine_temperature_high": Query(
        (col("engine_1_tot_c") > 810) & (col("engine_1_ng_pct") > 60),
        2000, col("engine_1_tot_c"), "max",
    ),
    "hydraulic_1_pressure_low": Query(
        (col("hydraulic_1_pressure_psi") < 900) & (col("rotor_speed_pct") > 80),
        3000, col("hydraulic_1_pressure_psi"),
    ),
    "gas_generator_overspeed": Query(
        pl.max_horizontal("engine_1_ng_pct", "engine_2_ng_pct") > 104,
        2000, pl.max_horizontal("engine_1_ng_pct", "engine_2_ng_pct"), "max",
    ),
    "generator_1_volts_out_of_band": Query(
        ~col("generator_1_volts_v").is_between(26, 29.5) & (col("engine_1_ng_pct") > 60),
        5000, (col("generator_1_volts_v") - 27.75).abs(), "max",
    ),
    "bank_angle_high_low_altitude": Query(
        (col("roll_deg").abs() > 30) & (col("radio_altitude_ft") < 300),
        2000, col("roll_deg").abs(), "max",
    ),
}  # fmt: skip

Span = tuple[float, float, float]


def findings_of_polars(flight: Flight, query: Query) -> list[Span]:
    """Runs of equal values on an as-of joined grid."""
    names = query.when.meta.root_names()
    fastest = max(set(names), key=lambda name: RATES[name])
    step_ms = 1000 // RATES[fastest]
    grid = long_table(flight, fastest)
    for name in sorted(set(names) - {fastest}):
        period_ms = 1000 // RATES[name] if RATES[name] > 0 else -1000 * RATES[name]
        grid = grid.join_asof(
            long_table(flight, name).drop_nulls(), on="ms", tolerance=period_ms - step_ms,
        )  # fmt: skip
    marked = grid.with_columns(
        holds=query.when.fill_null(value=False),
        broken=pl.col("ms").diff().fill_null(step_ms) != step_ms,
    ).with_columns(island=(pl.col("holds").rle_id() + 10_000 * pl.col("broken").cum_sum()))
    found = (
        marked.filter("holds")
        .group_by("island")
        .agg(
            start=pl.col("ms").first(),
            end=pl.col("ms").last(),
            peak=getattr(query.peak, query.extreme)(),
        )
        .filter(pl.col("end") - pl.col("start") >= query.lasting_ms)
        .sort("start")
    )
    return [(start / 1000, end / 1000, peak) for _, start, end, peak in found.iter_rows()]


def long_table(flight: Flight, name: str) -> pl.DataFrame:
    """One row per sample, null where it is missing."""
    values = flight.values[name]
    rate = values.shape[1]
    ms = flight.second[:, None] * 1000 + np.arange(rate) * 1000 // rate
    return pl.DataFrame(
        {"ms": ms.ravel().astype(np.int64), name: values.ravel()}, nan_to_null=True
    ).with_columns(pl.col("ms").set_sorted())


def findings_of_ours(flight: Flight, name: str) -> list[Span]:
    algorithm = read_algorithm(BUILTIN_FOLDER / "algorithms" / f"{name}.yaml")
    result = run_algorithm(name, algorithm, flight, make_phases(flight, Phase.CRUISE))
    middle = 27.75 if name == "generator_1_volts_out_of_band" else 0
    return [(f.start_s, f.end_s, abs((f.peak or 0) - middle)) for f in result.findings]


def random_flight(seed: int, seconds: int, lost: float, missing: float) -> Flight:
    """Values that cross their limits at random, with seconds lost and samples missing."""
    rng = np.random.default_rng(seed)
    centre = {
        "engine_1_oil_pressure_psi": 35, "engine_1_ng_pct": 66, "engine_1_tot_c": 810,
        "engine_2_ng_pct": 104, "rotor_speed_pct": 82, "hydraulic_1_pressure_psi": 900,
        "generator_1_volts_v": 26, "fuel_quantity_left_kg": 200, "fuel_quantity_right_kg": 120,
        "roll_deg": 30, "radio_altitude_ft": 280,
    }  # fmt: skip
    kept = np.flatnonzero(rng.random(seconds) >= lost).astype(np.int32)
    values = {}
    for name, rate in RATES.items():
        samples = max(rate, 1)
        steps = rng.normal(0, 0.02 * centre[name], (seconds, samples)).ravel()
        line = centre[name] + 0.3 * np.convolve(steps, np.ones(9), mode="same")
        # Whole quarters put many values exactly on a limit.
        rows = (np.round(line * 4) / 4).reshape(seconds, samples)
        if rate > 1:
            rows[rng.random(rows.shape) < missing] = np.nan
        if rate < 0:
            rows[np.arange(seconds) % -rate != 0] = np.nan
        values[name] = rows[kept]
    return Flight(second=kept, values=values)


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("seed", range(3))
def test_polars_finds_the_same_in_an_hour_with_gaps(name: str, seed: int) -> None:
    flight = random_flight(seed, 3600, lost=0.01, missing=0.01)
    ours = findings_of_ours(flight, name)
    assert ours == findings_of_polars(flight, QUERIES[name])
    assert ours, "a comparison of nothing with nothing"


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    seconds=st.integers(60, 200),
    lost=st.sampled_from([0, 0.02, 0.1]),
    missing=st.sampled_from([0, 0.05]),
    name=st.sampled_from(sorted(QUERIES)),
)
def test_polars_finds_the_same_in_any_flight(
    seed: int, seconds: int, lost: float, missing: float, name: str
) -> None:
    flight = random_flight(seed, seconds, lost, missing)
    assert findings_of_ours(flight, name) == findings_of_polars(flight, QUERIES[name])
