"""Analyse: the twelve plain exceedances from Parquet, by our stage, by polars and by DuckDB.

Ours does more: phases, the ledger, and an answer for every recording where nothing was found. The
others only find.
"""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks import benchmark_algorithms, fixtures
from benchmarks.benchmark_algorithms import Found
from benchmarks.fixtures import Fleet, House
from benchmarks.measure import Row, Target, compare
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.stages import analyse, result_batches
from dataflow_health.stages.stage import StageRequest
from dataflow_health.storage.ledger import stage_records

TARGETS = {fixtures.MIDDLE.name: Target(">=", 1 / 4), fixtures.MANY.name: Target(">=", 1 / 1.5)}
"""Within 4 times of polars at 200 recordings, within 1.5 times at 2,000."""


def run(*, quick: bool = False) -> list[Row]:
    """Fleets that have been through all stages; their tables are analysed again."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, fixtures.MIDDLE, fixtures.MANY)
    return [row for fleet in fleets for row in _measured(fleet)]


def _measured(fleet: Fleet) -> Iterator[Row]:
    house = _only_twelve(fixtures.worked(fleet))
    files = fixtures.landed(house)
    wanted = benchmark_algorithms.plain(house.deps.catalogue.algorithms, generic_layout())
    answers = {
        "polars": benchmark_algorithms.by_polars(files, wanted),
        "duckdb": benchmark_algorithms.by_duckdb(files, wanted),
    }
    _run(house)
    ours = _found(house)
    for name, found in answers.items():
        if not ours or not benchmark_algorithms.same(ours, found):
            raise AssertionError(f"{name} finds something else in {fleet.name}")
    seconds = compare(
        {
            "ours": lambda: _run(house),
            "polars": lambda: benchmark_algorithms.by_polars(files, wanted),
            "duckdb": lambda: benchmark_algorithms.by_duckdb(files, wanted),
        }
    )
    for name in answers:
        target = TARGETS.get(fleet.name) if name == "polars" else None
        yield Row(f"analyse, {fleet.name}", fleet.hours / seconds["ours"], "flight-hours/s",
                  seconds[name] / seconds["ours"], name, target)  # fmt: skip


def _only_twelve(house: House) -> House:
    declared = house.deps.catalogue
    kept = {name: declared.algorithms[name] for name in benchmark_algorithms.NAMES}
    return replace(house, deps=replace(house.deps, catalogue=replace(declared, algorithms=kept)))


def _run(house: House) -> None:
    request = StageRequest(fixtures.DAY, force=True)
    if analyse.run(house.deps, request, spark=fixtures.spark).done != house.fleet.recordings:
        raise AssertionError("not all recordings were answered")


def _found(house: House) -> list[Found]:
    """What the stage's last batch says."""
    rows = stage_records.find(house.deps.engine, stage=analyse.STAGE, day=fixtures.DAY)
    answers = result_batches.read(house.deps.lake, rows[0].output_path).to_pylist()
    return [
        (answer["recording"], answer["algorithm"], f["start_s"], f["end_s"], f["peak"])
        for answer in answers
        for f in answer["findings"]
    ]
