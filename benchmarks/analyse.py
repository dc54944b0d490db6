"""Analyse: twelve plain exceedances from Parquet, by our stage, by polars and by DuckDB.

Only our stage computes phases, writes the ledger, and records a result for every recording without
findings.
"""

from collections.abc import Iterator
from dataclasses import replace

from benchmarks import benchmark_algorithms, fixtures
from benchmarks.benchmark_algorithms import EventRow
from benchmarks.fixtures import Fleet, Installation
from benchmarks.measure import Measurement, Target, compare
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.stages import analyse, result_files
from dataflow_health.storage.ledger import stage_records

TARGETS = {fixtures.MEDIUM.name: Target(">=", 1 / 2), fixtures.MANY.name: Target(">=", 1 / 1.5)}
"""At most twice the time of polars at 200 recordings, and 1.5 times at 2,000 short ones."""


def run(*, quick: bool = False) -> list[Measurement]:
    """Analyses the tables of processed fleets again."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, fixtures.MEDIUM, fixtures.MANY)
    return [row for fleet in fleets for row in _measure(fleet)]


def _measure(fleet: Fleet) -> Iterator[Measurement]:
    installation = _with_exceedances_only(fixtures.processed_installation(fleet))
    files = fixtures.table_files(installation)
    exceedances = benchmark_algorithms.read_exceedances(
        installation.deps.catalogue.algorithms, generic_layout()
    )
    alternatives = {
        "polars": benchmark_algorithms.find_with_polars(files, exceedances),
        "duckdb": benchmark_algorithms.find_with_duckdb(files, exceedances),
    }
    fixtures.rerun(installation, analyse.run)
    ours = _found(installation)
    for name, found in alternatives.items():
        if not ours or not benchmark_algorithms.same_events(ours, found):
            raise AssertionError(f"{name} has other findings in {fleet.name}")
    seconds = compare(
        {
            "ours": lambda: fixtures.rerun(installation, analyse.run),
            "polars": lambda: benchmark_algorithms.find_with_polars(files, exceedances),
            "duckdb": lambda: benchmark_algorithms.find_with_duckdb(files, exceedances),
        }
    )
    for name in alternatives:
        target = TARGETS.get(fleet.name) if name == "polars" else None
        yield Measurement(f"analyse, {fleet.name}", fleet.hours / seconds["ours"], "flight-hours/s",
                  seconds[name] / seconds["ours"], name, target)  # fmt: skip


def _with_exceedances_only(installation: Installation) -> Installation:
    declared = installation.deps.catalogue
    algorithms = {name: declared.algorithms[name] for name in benchmark_algorithms.NAMES}
    return replace(
        installation,
        deps=replace(installation.deps, catalogue=replace(declared, algorithms=algorithms)),
    )


def _found(installation: Installation) -> list[EventRow]:
    """Findings in the result files of the stage."""
    rows = stage_records.find(installation.deps.engine, stage=analyse.STAGE, day=fixtures.DAY)
    lake = installation.deps.lake
    files = [result_files.read(lake, row.output_path, row.output_digest or "") for row in rows]
    results = [result for file in files for result in file.to_pylist()]
    return [
        (result["recording"], result["algorithm"], f["start_s"], f["end_s"], f["peak"])
        for result in results
        for f in result["findings"]
    ]
