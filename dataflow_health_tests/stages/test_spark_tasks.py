import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from dataflow_health import logs
from dataflow_health.errors import SparkError
from dataflow_health.stages.spark_tasks import (
    CELLS_PER_TASK,
    CELLS_WORTH_A_TASK,
    EachItem,
    balance,
    run,
    task_count,
    warm_up,
)
from dataflow_health.storage.files.lake import Lake

SIZES = st.lists(st.integers(0, 1000), min_size=1, max_size=30)


@given(SIZES, st.integers(1, 8))
@example([0, 0], 2)
def test_every_file_is_in_one_task_and_no_task_is_empty(sizes: list[int], count: int) -> None:
    tasks = balance([(size, number) for number, size in enumerate(sizes)], count)
    assert sorted(number for task in tasks for number in task) == list(range(len(sizes)))
    assert all(tasks)
    assert len(tasks) == min(count, len(sizes))


@given(SIZES, st.integers(1, 8))
def test_tasks_differ_by_no_more_than_the_largest_file(sizes: list[int], count: int) -> None:
    tasks = balance([(size, size) for size in sizes], count)
    totals = [sum(task) for task in tasks]
    assert max(totals) - min(totals) <= max(sizes)


@given(st.integers(1, 64), st.integers(0, 1 << 32))
def test_small_jobs_have_a_task_a_core_and_no_task_is_larger_than_its_limit(
    cores: int, cells: int
) -> None:
    count = task_count(cores, cells)
    assert count >= cores
    assert count == cores or cells / count >= CELLS_WORTH_A_TASK / 2
    assert cells / count <= CELLS_PER_TASK


@pytest.mark.spark
def test_results_of_all_files_come_back(spark: SparkSession) -> None:
    def double(number: int) -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"twice": pa.array([2 * number], pa.int64())})

    results = run(
        spark, "doubling", [(1, number) for number in range(20)], EachItem(double), "twice bigint"
    )
    assert sorted(results["twice"].to_pylist()) == [2 * number for number in range(20)]


@pytest.mark.spark
def test_a_warm_worker_has_the_modules_of_the_stages(spark: SparkSession) -> None:
    def loaded(_items: Sequence[int]) -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"loaded": ["dataflow_health.stages.file_analysis" in sys.modules]})

    warm_up(spark)
    assert all(run(spark, "looking", [(1, 1)], loaded, "loaded boolean")["loaded"].to_pylist())


@pytest.mark.spark
def test_a_fault_in_a_worker_names_the_job_and_its_own_words(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake((tmp_path / "lake").as_uri())

    def read(path: str) -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"size": [len(lake.read(path))]})

    expected = r"^reading: .*StorageError: file:///.*lake/gone: No such file or directory$"
    with pytest.raises(SparkError, match=expected):
        run(spark, "reading", [(1, "gone")], EachItem(read), "size bigint")


@pytest.mark.spark
def test_a_task_of_spark_writes_json_with_its_stage_run_and_recording(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(number: int) -> Iterator[pa.RecordBatch]:
        from loguru import logger  # the worker's own, not a copy of this process's

        sys.stderr = io.StringIO()
        with logger.contextualize(recording="cafe"):
            logger.warning("skipped")
        yield pa.record_batch({"line": [sys.stderr.getvalue()]})

    monkeypatch.setattr(logs, "_setup", [logs.LogSetup("INFO", as_json=True)])
    process = logs.WorkerFunction(EachItem(answer), {"stage": "analyse", "run": "r1"})
    results = run(spark, "logging", [(1, 1)], process, "line string")
    record = json.loads(results["line"][0].as_py())["record"]
    assert record["message"] == "skipped"
    assert record["extra"] == {"stage": "analyse", "run": "r1", "recording": "cafe"}
