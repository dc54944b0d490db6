"""The stages before ingest as tasks of Spark: the same files and ledger rows as in threads."""

import pickle
from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dataflow_health.errors import RecordingRefused, SparkError
from dataflow_health.stages import spark_executor
from dataflow_health.stages.executor import Item, Made
from dataflow_health.stages.sandbox import pool
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health.stages.spark_executor import SparkExecutor
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import stage_records
from dataflow_health_tests.factories import DAY, dependencies
from dataflow_health_tests.stages import processed_day


def test_a_refusal_and_a_sandbox_can_be_sent_to_another_process() -> None:
    given = RecordingRefused(
        "no_sync", "0 words", byte_offset=7, frame=2, evidence=b"x", measurements={"a": 1}
    )
    found = pickle.loads(pickle.dumps(given))
    assert (type(found), vars(found)) == (RecordingRefused, vars(given))
    limits = SandboxLimits(cpu_s=7)
    assert pickle.loads(pickle.dumps(pool.Sandbox(limits))) is pool.shared(limits)


def rows_of(deps: Dependencies) -> list[tuple[object, ...]]:
    """What the ledger says of the stages before ingest, without times."""
    return [
        (each.id, stage, each.state, each.reason, each.rows_out, each.output_path,
         each.output_digest, each.measurements)
        for stage in ("extract", "parse", "compress", "store")
        for each in sorted(stage_records.find(deps.engine, stage=stage, day=DAY))
    ]  # fmt: skip


class Inspected(SparkExecutor):
    """Keeps what is sent to workers."""

    def __init__(self, spark: Callable[[], SparkSession]) -> None:
        super().__init__(spark)
        self.sent: dict[str, bytes] = {}

    def run(
        self, job: str, items: Sequence[Item], process: Callable[[Item], Made]
    ) -> Generator[tuple[Item, Made], None, None]:
        self.sent[job.partition(" of ")[0]] = pickle.dumps((process, list(items)))
        return super().run(job, items, process)


@pytest.mark.spark
def test_tasks_of_spark_make_the_same_as_threads_and_refuse_the_same(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_executor, "ITEMS_PER_JOB", 2)
    flights = [processed_day.make_flight("HB-ZAA", hour, hour, duration_s=600) for hour in (6, 8)]
    archives = {f"{n}.zip": {f"{n}.rdf": raw} for n, _, raw in flights}
    archives["HB-ZAB_20261120T093000Z.zip"] = {"HB-ZAB_20261120T090000Z.rdf": bytes(50_000)}
    archives["cut.zip"] = {}
    processed_day.land_archives(tmp_path / "landing", archives)
    made = []
    cluster = Inspected(lambda: spark)
    for name in ("threads", "tasks"):
        (tmp_path / name).mkdir()
        deps = dependencies(tmp_path / name)
        if name == "tasks":
            deps = replace(deps, cluster=cluster)
        processed_day.run_stages(deps, tmp_path / "landing", lambda: spark, until="store")
        made.append(rows_of(deps))
    assert made[0] == made[1]
    assert {row[2] for row in made[0]} == {"done", "quarantined"}
    assert list(cluster.sent) == ["extract", "parse", "compress", "store"]
    of_database = (b"sqlalchemy", b"ledger.sqlite", b"storage.sql.database")
    assert [name for name in of_database for sent in cluster.sent.values() if name in sent] == []


@pytest.mark.spark
def test_a_fault_of_the_stage_fails_it_with_its_own_words(
    spark: SparkSession, tmp_path: Path
) -> None:
    deps = dependencies(tmp_path)

    def read(path: str) -> bytes:
        return deps.lake.read(path)

    with pytest.raises(SparkError, match=r"reading: .*StorageError: .*gone: No such file"):
        list(SparkExecutor(lambda: spark).run("reading", ["gone"], deps.of_worker.lake.read))
    assert list(SparkExecutor(lambda: spark).run("nothing", [], read)) == []
