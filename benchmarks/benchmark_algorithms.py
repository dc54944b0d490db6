"""The twelve plain exceedances among the shipped algorithms, by polars and by DuckDB.

Plain means: a condition that holds for a time, without phases, hysteresis or parameters slower than
once a second. Both are written as gaps and islands over columns and share no code with ours; only
limits and durations are read from the YAML.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
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

Found = tuple[str, str, float, float, float]
"""Recording, algorithm, start and end in seconds, peak."""

JUST_UNDER_S = 1e-6
"""A duration that is met but for rounding is met."""


@dataclass(frozen=True, slots=True)
class Plain:
    """One of the twelve, as SQL over the table's columns.

    Attributes:
        name: Of the algorithm.
        masks: The condition at each sample of a second.
        values: What the peak is taken of, at each sample of a second.
        take: ``max`` or ``min``.
        lasting_s: Shortest event.
    """

    name: str
    masks: tuple[str, ...]
    values: tuple[str, ...]
    take: str
    lasting_s: float

    @property
    def rate(self) -> int:
        """Samples a second."""
        return len(self.masks)


def plain(algorithms: Mapping[str, Algorithm], layout: Layout) -> list[Plain]:
    """The twelve as they are declared."""
    return [_plain(name, algorithms[name], layout) for name in NAMES]


def _plain(name: str, algorithm: Algorithm, layout: Layout) -> Plain:
    if not isinstance(algorithm, Exceedance) or algorithm.during or algorithm.clear:
        raise TypeError(f"{name} is no plain exceedance any more")
    when = str(algorithm.when)
    limited = re.match(r"(.+?) ([<>])", when)
    if limited is None:
        raise TypeError(f"{name}: {when} limits nothing")
    samples = {each: len(layout.parameters[each].samples) for each in algorithm.parameter_names}
    rate = max(samples.values())
    return Plain(
        name,
        tuple(_at(when, samples, place, rate) for place in range(rate)),
        tuple(_at(limited[1], samples, place, rate) for place in range(rate)),
        "max" if limited[2] == ">" else "min",
        algorithm.lasting.total_seconds(),
    )


def _at(sql: str, samples: Mapping[str, int], place: int, rate: int) -> str:
    """The expression at one sample of the second: a slower parameter holds its last one."""
    for name, count in samples.items():
        column = name if count == 1 else f"{name}__{place * count // rate}"
        sql = re.sub(rf"\b{name}\b", column, sql)
    return sql


def by_polars(files: Sequence[str], wanted: Sequence[Plain]) -> list[Found]:
    """All findings, by one lazy query an algorithm, collected together."""
    table = pl.scan_parquet(list(files))
    tables = pl.collect_all([_islands(table, each) for each in wanted])
    return [row for found in tables for row in found.rows()]


def _islands(table: pl.LazyFrame, each: Plain) -> pl.LazyFrame:
    on = [pl.sql_expr(mask) for mask in each.masks]
    worth = [pl.sql_expr(value) for value in each.values]
    samples = (
        table.filter(pl.any_horizontal(on))
        .select(
            "recording",
            pl.concat_list(pl.col("second") * each.rate + place for place in range(each.rate)),
            on=pl.concat_list(on),
            worth=pl.concat_list(worth),
        )
        .explode("second", "on", "worth")
        .filter("on")
    )
    island = pl.col("second") - pl.int_range(pl.len()).over("recording")
    grouped = samples.with_columns(island=island).group_by("recording", "island")
    bounds = grouped.agg(
        start=pl.col("second").min() / each.rate,
        end=pl.col("second").max() / each.rate,
        peak=pl.col("worth").max() if each.take == "max" else pl.col("worth").min(),
    )
    long = bounds.filter(pl.col("end") - pl.col("start") >= each.lasting_s - JUST_UNDER_S)
    return long.select("recording", pl.lit(each.name).alias("algorithm"), "start", "end", "peak")


def by_duckdb(files: Sequence[str], wanted: Sequence[Plain]) -> list[Found]:
    """All findings, by one query."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.read_parquet(list(files)).create_view("samples")
        return connection.execute(" UNION ALL ".join(map(_query, wanted))).fetchall()


def _query(each: Plain) -> str:
    places = f"[{', '.join(f'second * {each.rate} + {k}' for k in range(each.rate))}]"
    columns = f"[{', '.join(each.masks)}] AS hits, [{', '.join(each.values)}] AS worths"
    return f"""
        SELECT recording, '{each.name}', min(s) / {each.rate}, max(s) / {each.rate},
               {each.take}(worth)
        FROM (
            SELECT recording, s, worth,
                   s - row_number() OVER (PARTITION BY recording ORDER BY s) AS island
            FROM (
                SELECT recording, unnest({places}) AS s, unnest(hits) AS hit,
                       unnest(worths) AS worth
                FROM (SELECT recording, second, {columns} FROM samples
                      WHERE {" OR ".join(f"({mask})" for mask in each.masks)})
            ) WHERE hit
        ) GROUP BY recording, island
        HAVING max(s) / {each.rate} - min(s) / {each.rate} >= {each.lasting_s - JUST_UNDER_S}"""


def same(left: Sequence[Found], right: Sequence[Found]) -> bool:
    """Whether two engines found the same, to the last bit."""
    return sorted(left) == sorted(right)


def told(found: Sequence[Found]) -> Iterator[str]:
    """Findings in words, for when two engines disagree."""
    return (f"{name} {start:g}-{end:g} s, peak {peak:g}" for _, name, start, end, peak in found)
