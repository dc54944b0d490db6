"""Ingest: TSV to one Parquet file an aircraft and day, by Spark, by polars and by DuckDB.

Ours does more: it checks every file's digest first, counts rows and nulls of what landed, and keeps
the ledger. The others only read and write.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from benchmarks import fixtures
from benchmarks.fixtures import Fleet, House
from benchmarks.measure import Row, compare
from dataflow_health.stages import ingest, store
from dataflow_health.stages.stage import StageRequest
from dataflow_health.stages.table_column import column_of
from dataflow_health.storage.ledger import stage_records

KINDS = {"int": pl.Int32, "double": pl.Float64, "string": pl.String}
IN_SQL = {"int": "INTEGER", "double": "DOUBLE", "string": "VARCHAR"}


def run(*, quick: bool = False) -> list[Row]:
    """Fleets that have been through all stages; their TSVs are ingested again."""
    fleets = (fixtures.TINY,) if quick else (fixtures.FEW, fixtures.MANY)
    return [row for fleet in fleets for row in _measured(fleet)]


def _measured(fleet: Fleet) -> Iterator[Row]:
    house = fixtures.worked(fleet)
    columns, tails = _stored(house)
    folders = {name: fixtures.workplace() / name for name in ("polars", "duckdb")}
    sides = {
        "ours": lambda: _ours(house),
        "polars": lambda: _by_polars(tails, columns, folders["polars"]),
        "duckdb": lambda: _by_duckdb(tails, columns, folders["duckdb"]),
    }
    seconds = compare(sides)
    expected = _fingerprints(fixtures.landed(house))
    for name, folder in folders.items():
        if not expected.equals(_fingerprints(sorted(map(str, folder.glob("*.parquet"))))):
            raise AssertionError(f"ingest by {name} lands other values")
        shutil.rmtree(folder)
    for name in folders:
        yield Row(f"ingest, {fleet.name}", fleet.hours / seconds["ours"], "flight-hours/s",
                  seconds[name] / seconds["ours"], name)  # fmt: skip


def _ours(house: House) -> None:
    request = StageRequest(fixtures.DAY, force=True)
    if ingest.run(house.deps, request, spark=fixtures.spark).done != house.fleet.recordings:
        raise AssertionError("not all recordings were ingested")


def _stored(house: House) -> tuple[Mapping[str, str], Mapping[str, Sequence[Path]]]:
    """Type by column, and TSVs by tail."""
    lake = house.deps.lake.local
    if lake is None:
        raise AssertionError("the lake of a benchmark is a folder")
    tails: dict[str, list[Path]] = defaultdict(list)
    for row in stage_records.find(house.deps.engine, stage=store.STAGE, day=fixtures.DAY):
        tails[row.tail].append(lake / row.output_path)
    schema = next(iter(tails.values()))[0].parent / store.SCHEMA_FILE
    told = json.loads(schema.read_bytes())["columns"]
    return {column_of(c["name"]): c["type"] for c in told}, tails


def _by_polars(
    tails: Mapping[str, Sequence[Path]], columns: Mapping[str, str], folder: Path
) -> None:
    folder.mkdir(exist_ok=True)
    schema = {name: KINDS[kind] for name, kind in columns.items()}
    for tail, paths in tails.items():
        read = [
            pl.scan_csv(
                path, has_header=False, separator="\t", quote_char=None, schema=schema
            ).with_columns(recording=pl.lit(_recording(path)))
            for path in paths
        ]
        pl.concat(read).sink_parquet(folder / f"{tail}.parquet", compression="snappy")


def _recording(path: Path) -> str:
    return path.parent.name.removeprefix("recording=")


def _by_duckdb(
    tails: Mapping[str, Sequence[Path]], columns: Mapping[str, str], folder: Path
) -> None:
    folder.mkdir(exist_ok=True)
    types = {name: IN_SQL[kind] for name, kind in columns.items()}
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        for tail, paths in tails.items():
            connection.execute(
                f"COPY (FROM read_csv({list(map(str, paths))}, header=false, delim='\t', quote='', "
                f"columns={types}, compression='zstd', hive_partitioning=true)) "
                f"TO '{folder / tail}.parquet' (FORMAT parquet, COMPRESSION snappy)"
            )


def _fingerprints(files: Sequence[str]) -> pl.DataFrame:
    """Rows of each recording, and of each of its columns a number that any other value changes."""
    values = pl.all().exclude("recording", "tail", "arrival_day", "layout", "schema")
    grouped = pl.scan_parquet(list(files), hive_partitioning=False).group_by("recording")
    told = grouped.agg(pl.len(), values.hash().sum())
    return told.sort("recording").collect()
