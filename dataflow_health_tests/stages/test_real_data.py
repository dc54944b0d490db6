"""Real recordings, made by others, through all eight stages."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from dataflow_health.cli import main
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health_tests.factories import NOON, dependencies
from dataflow_health_tests.stages import processed_day

DATA = Path(__file__).parents[2].parent / "shared" / "data"

pytestmark = [
    pytest.mark.spark,
    pytest.mark.skipif(not DATA.exists(), reason="the real recordings are not beside this project"),
]


@pytest.fixture(scope="module")
def worked(
    tmp_path_factory: pytest.TempPathFactory, spark: SparkSession
) -> Iterator[tuple[Dependencies, Path]]:
    """A quick access recorder's own zip with its ground station's layout, and a Garmin log."""
    folder = tmp_path_factory.mktemp("real")
    imported = CliRunner().invoke(
        main,
        [
            "layout", "import", str(DATA / "wqar-arinc717" / "010888.vec"),
            "--name", "10888", "--into", str(folder / "config"),
        ],
    )  # fmt: skip
    assert imported.exit_code == 0, imported.output
    declared = config.load(BUILTIN_FOLDER, folder / "config")
    here = replace(dependencies(folder), catalogue=declared)
    quick = next((DATA / "wqar-arinc717").glob("*.zip"))
    processed_day.land_archives(folder / "landing", {})
    (folder / "landing").mkdir(exist_ok=True)
    shutil.copy(quick, folder / "landing" / quick.name)
    log = next((DATA / "garmin-csv").glob("*.csv"))
    processed_day.land_archives(folder / "landing", {"garmin.zip": {log.name: log.read_bytes()}})
    os.utime(folder / "landing" / quick.name, (NOON.timestamp() - 60, NOON.timestamp() - 60))
    processed_day.run_stages(here, folder / "landing", lambda: spark)
    return here, folder


def test_both_came_through_all_eight_stages(worked: tuple[Dependencies, Path]) -> None:
    accounts = {each.process: each for each in stage_counts(worked[0].engine, NOON)}
    assert {stage: (a.done, a.quarantined) for stage, a in accounts.items()} == {
        stage: (2, 0) for stage in accounts
    }
    assert all(each.balances for each in accounts.values())


def test_the_airliner_s_values_in_the_table_are_the_decoder_s(
    worked: tuple[Dependencies, Path],
) -> None:
    here, _ = worked
    row = next(
        r
        for r in stage_records.find(here.engine, stage="ingest", day="2026-11-20")
        if r.tail == "B-8888"
    )
    table = pl.read_parquet(here.lake.read(row.output_path))
    assert table.height == row.rows_out > 100
    assert len(table.columns) > 400


def test_the_garmin_s_oil_pressure_is_the_log_s(worked: tuple[Dependencies, Path]) -> None:
    here, _ = worked
    row = next(
        r
        for r in stage_records.find(here.engine, stage="ingest", day="2026-11-20")
        if r.recorder == "garmin_csv"
    )
    table = pl.read_parquet(here.lake.read(row.output_path)).sort("second")
    log = next((DATA / "garmin-csv").glob("*.csv")).read_text(errors="replace").splitlines()
    names = [name.strip() for name in log[2].split(",")]
    at = names.index("E1 OilP")
    written = [line.split(",")[at].strip() for line in log[3:] if line.count(",") >= at]
    logged = [float(value) for value in written if value]
    assert table["engine_1_oil_pressure_psi"].drop_nulls().to_list() == logged[: table.height]


def test_algorithms_say_why_they_do_not_apply(worked: tuple[Dependencies, Path]) -> None:
    here, _ = worked
    rows = stage_records.find(here.engine, stage="analyse", day="2026-11-20")
    assert all(row.measurements["outcomes"]["not_applicable"] > 0 for row in rows)
