"""The lake's disk is full at each stage in turn: the stage fails with that, and succeeds later."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dataflow_health.errors import StageError
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import StageOptions
from dataflow_health_tests.factories import LIMITS, dependencies, stage_request
from dataflow_health_tests.stages import processed_day
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = [pytest.mark.soak, pytest.mark.spark]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The lake's folder as a small disk of its own."""
    lake = tmp_path / "lake"
    lake.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", lake]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("this user cannot mount a small disk")
    yield lake
    subprocess.run(["umount", "-l", lake], check=True)


def fill(disk: Path) -> Path:
    """Writes a file until the disk is full."""
    filling = disk / ".filling"
    with filling.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 10):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    return filling


def test_every_stage_fails_for_a_full_disk_and_succeeds_when_there_is_space(
    day: ProcessedDay, disk: Path, tmp_path: Path, spark: SparkSession
) -> None:
    deps = dependencies(tmp_path)
    options = StageOptions(str(day.landing), 0, LIMITS, "zst", lambda: spark)
    for stage in CHAIN:
        if stage.name != "load":  # which writes to the database
            filling = fill(disk)
            with pytest.raises(StageError, match="No space left on device"):
                stage.run(deps, stage_request(), options)
            filling.unlink()
        stage.run(deps, stage_request(), options)
    assert processed_day.results(deps) == processed_day.results(day.deps)
