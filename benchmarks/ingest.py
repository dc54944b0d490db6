"""Ingest: TSV to one Parquet file for each aircraft and day, by Spark, polars and DuckDB.

Only our stage verifies the digest of every file, counts rows and nulls of the result, and writes
the ledger.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from benchmarks import fixtures
from benchmarks.fixtures import Fleet, Installation
from benchmarks.measure import Measurement, Target, compare
from dataflow_health.stages import ingest, store
from dataflow_health.stages.table_column import column_of
from dataflow_health.storage.ledger import stage_records

POLARS_TYPES = {"int": pl.Int32, "double": pl.Float64, "string": pl.String}
SQL_TYPES = {"int": "INTEGER", "double": "DOUBLE", "string": "VARCHAR"}


def run(*, quick: bool = False) -> list[Measurement]:
    """Ingests the TSV files of processed fleets again."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, fixtures.MEDIUM, fixtures.MANY)
    return [row for fleet in fleets for row in _measure(fleet)]


def _measure(fleet: Fleet) -> Iterator[Measurement]:
    installation = fixtures.processed_installation(fleet)
    columns, tails = _stored_files(installation)
    folders = {name: fixtures.work_folder() / name for name in ("polars", "duckdb")}
    sides = {
        "ours": lambda: fixtures.rerun(installation, ingest.run),
        "polars": lambda: _with_polars(tails, columns, folders["polars"]),
        "duckdb": lambda: _with_duckdb(tails, columns, folders["duckdb"]),
    }
    seconds = compare(sides)
    expected = _fingerprints(fixtures.table_files(installation))
    for name, folder in folders.items():
        if not expected.equals(_fingerprints(sorted(map(str, folder.glob("*.parquet"))))):
            raise AssertionError(f"ingest by {name} writes other values")
        shutil.rmtree(folder)
    for name in folders:
        target = Target(">=", 0.8) if (fleet, name) == (fixtures.MEDIUM, "polars") else None
        yield Measurement(f"ingest, {fleet.name}", fleet.hours / seconds["ours"], "flight-hours/s",
                  seconds[name] / seconds["ours"], name, target)  # fmt: skip


def _stored_files(
    installation: Installation,
) -> tuple[Mapping[str, str], Mapping[str, Sequence[Path]]]:
    """Type of each column, and TSV files by tail."""
    lake = installation.deps.lake.local
    if lake is None:
        raise AssertionError("the lake of a benchmark must be a local folder")
    tails: dict[str, list[Path]] = defaultdict(list)
    for row in stage_records.find(installation.deps.engine, stage=store.STAGE, day=fixtures.DAY):
        tails[row.tail].append(lake / row.output_path)
    schema = next(iter(tails.values()))[0].parent / store.SCHEMA_FILE
    fields = json.loads(schema.read_bytes())["columns"]
    return {column_of(c["name"]): c["type"] for c in fields}, tails


def _with_polars(
    tails: Mapping[str, Sequence[Path]], columns: Mapping[str, str], folder: Path
) -> None:
    folder.mkdir(exist_ok=True)
    schema = {name: POLARS_TYPES[kind] for name, kind in columns.items()}
    for tail, paths in tails.items():
        frames = [
            pl.scan_csv(
                path, has_header=False, separator="\t", quote_char=None, schema=schema
            ).with_columns(recording=pl.lit(_recording(path)))
            for path in paths
        ]
        pl.concat(frames).sink_parquet(folder / f"{tail}.parquet", compression="snappy")


def _recording(path: Path) -> str:
    return path.parent.name.removeprefix("recording=")


def _with_duckdb(
    tails: Mapping[str, Sequence[Path]], columns: Mapping[str, str], folder: Path
) -> None:
    folder.mkdir(exist_ok=True)
    types = {name: SQL_TYPES[kind] for name, kind in columns.items()}
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        for tail, paths in tails.items():
            connection.execute(
                f"COPY (FROM read_csv({list(map(str, paths))}, header=false, delim='\t', quote='', "
                f"columns={types}, compression='zstd', hive_partitioning=true)) "
                f"TO '{folder / tail}.parquet' (FORMAT parquet, COMPRESSION snappy)"
            )


def _fingerprints(files: Sequence[str]) -> pl.DataFrame:
    """Number of rows of each recording, and a hash of each of its columns."""
    values = pl.all().exclude("recording", "tail", "arrival_day", "layout", "schema")
    grouped = pl.scan_parquet(list(files), hive_partitioning=False).group_by("recording")
    hashes = grouped.agg(pl.len(), values.hash().sum())
    return hashes.sort("recording").collect()
