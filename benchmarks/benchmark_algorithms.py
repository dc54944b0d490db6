"""Twelve plain exceedances among the shipped algorithms, evaluated by polars and by DuckDB.

A plain exceedance is a condition that is true for a minimum duration, without phases, hysteresis or
parameters slower than once a second. Both queries find consecutive samples (gaps and islands) and
share no code with our stage; only limits and durations are read from the YAML files.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from dataflow_health.flight.algorithms.algorithm import Algorithm
from dataflow_health.flight.algorithms.kinds.exceedance import Exceedance
from dataflow_health.flight.layout import Layout

NAMES = (
    "engine_1_fuel_pressure_low",
    "engine_2_fuel_pressure_low",
    "engine_1_oil_pressure_high",
    "engine_2_oil_pressure_high",
    "engine_1_turbine_temperature_high",
    "engine_2_turbine_temperature_high",
    "gas_generator_overspeed",
    "gearbox_oil_pressure_low",
    "hydraulic_1_pressure_low",
    "hydraulic_2_pressure_low",
    "rotor_speed_high",
    "torque_above_limit",
)

EventRow = tuple[str, str, float, float, float]
"""Recording, algorithm, start and end in seconds, peak."""

ROUNDING_S = 1e-6
"""Tolerance for rounding in comparisons of durations."""


@dataclass(frozen=True, slots=True)
class PlainExceedance:
    """A plain exceedance as SQL over the columns of the table.

    Attributes:
        name: Name of the algorithm.
        masks: Condition at each sample of a second.
        values: Value of the peak at each sample of a second.
        take: ``max`` or ``min``.
        lasting_s: Minimum duration of an event.
    """

    name: str
    masks: tuple[str, ...]
    values: tuple[str, ...]
    take: str
    lasting_s: float

    @property
    def rate(self) -> int:
        """Number of samples a second."""
        return len(self.masks)


def read_exceedances(algorithms: Mapping[str, Algorithm], layout: Layout) -> list[PlainExceedance]:
    """Reads the twelve exceedances from their algorithms."""
    return [_read_exceedance(name, algorithms[name], layout) for name in NAMES]


def _read_exceedance(name: str, algorithm: Algorithm, layout: Layout) -> PlainExceedance:
    if not isinstance(algorithm, Exceedance) or algorithm.during or algorithm.clear:
        raise TypeError(f"{name} is not a plain exceedance")
    when = str(algorithm.when)
    comparison = re.match(r"(.+?) ([<>])", when)
    if comparison is None:
        raise TypeError(f"{name}: {when} is not a comparison")
    samples = {p: len(layout.parameters[p].samples) for p in algorithm.parameter_names}
    rate = max(samples.values())
    return PlainExceedance(
        name,
        tuple(_expression_at(when, samples, position, rate) for position in range(rate)),
        tuple(_expression_at(comparison[1], samples, position, rate) for position in range(rate)),
        "max" if comparison[2] == ">" else "min",
        algorithm.lasting.total_seconds(),
    )


def _expression_at(sql: str, samples: Mapping[str, int], position: int, rate: int) -> str:
    """Expression at one sample of a second; a slower parameter keeps its last sample."""
    for name, count in samples.items():
        column = name if count == 1 else f"{name}__{position * count // rate}"
        sql = re.sub(rf"\b{name}\b", column, sql)
    return sql


def find_with_polars(
    files: Sequence[str], exceedances: Sequence[PlainExceedance]
) -> list[EventRow]:
    """Finds all events with one lazy query for each algorithm, collected together."""
    table = pl.scan_parquet(list(files))
    results = pl.collect_all([_event_query(table, each) for each in exceedances])
    return [row for result in results for row in result.rows()]


def _event_query(table: pl.LazyFrame, exceedance: PlainExceedance) -> pl.LazyFrame:
    on = [pl.sql_expr(mask) for mask in exceedance.masks]
    value = [pl.sql_expr(value) for value in exceedance.values]
    samples = (
        table.filter(pl.any_horizontal(on))
        .select(
            "recording",
            pl.concat_list(
                pl.col("second") * exceedance.rate + position for position in range(exceedance.rate)
            ),
            on=pl.concat_list(on),
            value=pl.concat_list(value),
        )
        .explode("second", "on", "value")
        .filter("on")
    )
    island = pl.col("second") - pl.int_range(pl.len()).over("recording")
    grouped = samples.with_columns(island=island).group_by("recording", "island")
    bounds = grouped.agg(
        start=pl.col("second").min() / exceedance.rate,
        end=pl.col("second").max() / exceedance.rate,
        peak=pl.col("value").max() if exceedance.take == "max" else pl.col("value").min(),
    )
    lasting = bounds.filter(pl.col("end") - pl.col("start") >= exceedance.lasting_s - ROUNDING_S)
    return lasting.select(
        "recording", pl.lit(exceedance.name).alias("algorithm"), "start", "end", "peak"
    )


def find_with_duckdb(
    files: Sequence[str], exceedances: Sequence[PlainExceedance]
) -> list[EventRow]:
    """Finds all events with one query."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.read_parquet(list(files)).create_view("samples")
        return connection.execute(" UNION ALL ".join(map(_query, exceedances))).fetchall()


def _query(exceedance: PlainExceedance) -> str:
    rate, masks, values = exceedance.rate, exceedance.masks, exceedance.values
    samples = ", ".join(f"second * {rate} + {k}" for k in range(rate))
    return f"""
        SELECT recording, '{exceedance.name}', min(s) / {rate}, max(s) / {rate},
               {exceedance.take}(level)
        FROM (
            SELECT recording, s, level,
                   s - row_number() OVER (PARTITION BY recording ORDER BY s) AS island
            FROM (
                SELECT recording, unnest([{samples}]) AS s, unnest(hits) AS hit,
                       unnest(levels) AS level
                FROM (SELECT recording, second, [{", ".join(masks)}] AS hits,
                             [{", ".join(values)}] AS levels
                      FROM samples
                      WHERE {" OR ".join(f"({mask})" for mask in masks)})
            ) WHERE hit
        ) GROUP BY recording, island
        HAVING max(s) / {rate} - min(s) / {rate} >= {exceedance.lasting_s - ROUNDING_S}"""


def same_events(left: Sequence[EventRow], right: Sequence[EventRow]) -> bool:
    """Whether two engines found the same events, bit for bit."""
    return sorted(left) == sorted(right)
