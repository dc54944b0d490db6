from pathlib import Path

import duckdb
import polars as pl
import pytest
from pyspark.sql import SparkSession

from dataflow_health.stages import ingest
from dataflow_health.storage.ledger import pending, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health_tests.factories import DAY, NOON, dependencies, stage_request
from dataflow_health_tests.stages import processed_day
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark


def test_one_file_an_aircraft_and_day_holds_its_recordings(day: ProcessedDay) -> None:
    paths = {row.output_path for row in day.records("ingest")}
    assert len(paths) == 2
    both = next(path for path in paths if "HB-ZAA" in path)
    table = pl.read_parquet(day.deps.lake.read(both))
    assert table["recording"].n_unique() == 2


def test_workers_know_the_values_that_store_took_of_every_recording(day: ProcessedDay) -> None:
    stored = {row.id: row.measurements["values"] for row in day.records("store")}
    recordings = pending.recordings(day.deps.engine, "ingest", DAY, str, force=True)
    assert {each.id: ingest._tsv_file(each).values for each in recordings} == stored


def test_every_row_and_null_of_the_tsv_landed(day: ProcessedDay) -> None:
    for row in day.records("ingest"):
        assert row.rows_in == row.rows_out > 0
        assert row.measurements["nulls"] == row.measurements["stored_nulls"]


def test_spark_sql_and_duckdb_read_the_table_as_polars_does(
    day: ProcessedDay, spark: SparkSession
) -> None:
    folder = day.deps.lake.path(ingest.TABLE)
    files = f"{folder.removeprefix('file://')}/**/*.parquet"
    expected = pl.read_parquet(files, hive_partitioning=False)
    names = ", ".join(expected.columns)
    order = "ORDER BY recording, second"
    with duckdb.connect() as connection:
        by_duckdb = connection.sql(
            f"SELECT {names} FROM read_parquet('{files}', hive_partitioning=false) {order}"
        ).pl()
    spark.read.parquet(folder).createOrReplaceTempView("samples")
    by_spark = pl.from_arrow(spark.sql(f"SELECT {names} FROM samples {order}").toArrow())
    expected = expected.sort("recording", "second")
    assert by_duckdb.equals(expected)
    assert by_spark.equals(expected)


def test_ingesting_again_needs_no_spark(day: ProcessedDay) -> None:
    def never() -> SparkSession:
        raise AssertionError("Spark was started for nothing")

    assert ingest.run(day.deps, stage_request(), spark=never).worked == 0


def test_landing_again_puts_nothing_in_twice(day: ProcessedDay, spark: SparkSession) -> None:
    def rows() -> int:
        paths = {row.output_path for row in day.records("ingest")}
        return sum(pl.read_parquet(day.deps.lake.read(path)).height for path in paths)

    before = rows()
    assert ingest.run(day.deps, stage_request(force=True), spark=lambda: spark).done == 3
    assert rows() == before


def test_a_file_that_its_recordings_have_left_is_removed(day: ProcessedDay) -> None:
    lake, used = day.deps.lake, day.records("ingest")[0].output_path
    left = used.replace("schema=", "schema=old")
    lake.write(left, b"rows of another schema")
    ingest.remove_unused_files(day.deps, DAY, {left, used})
    assert (lake.exists(left), lake.exists(used)) == (False, True)


def test_a_tsv_that_changed_since_it_was_stored_is_refused_alone(
    day: ProcessedDay, spark: SparkSession
) -> None:
    with day.torn_output("store"):
        summary = ingest.run(day.deps, stage_request(force=True), spark=lambda: spark)
    assert (summary.done, summary.quarantined) == (2, 1)
    assert all(account.balances for account in stage_counts(day.deps.engine, NOON))
    assert ingest.run(day.deps, stage_request(force=True), spark=lambda: spark).done == 3
    processed_day.run_stages(day.deps, day.landing, lambda: spark)


def test_every_aircraft_s_file_holds_its_own_recordings_whole(
    tmp_path: Path, spark: SparkSession
) -> None:
    flights = [
        processed_day.make_flight(f"HB-Y{letter}A", hour, seed)
        for seed, letter in enumerate("ABCDEFGHIJKL")
        for hour in (4, 6)
    ]
    here = dependencies(tmp_path)
    processed_day.land_archives(
        tmp_path / "landing", {f"{n}.zip": {f"{n}.rdf": raw} for n, _, raw in flights}
    )
    processed_day.run_stages(here, tmp_path / "landing", lambda: spark, until="ingest")
    rows = stage_records.find(here.engine, stage="ingest", day=DAY)
    assert [row.state for row in rows] == ["done"] * 24
    for path in {row.output_path for row in rows}:
        table = pl.read_parquet(here.lake.read(path))
        assert table["tail"].unique().to_list() == [path.split("tail=")[1].split("/")[0]]
        assert len(table["recording"].rle()) == table["recording"].n_unique() == 2
