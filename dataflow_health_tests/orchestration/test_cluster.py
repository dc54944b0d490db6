"""The pipeline on PostgreSQL, a Spark master with two workers and an object store, all processes.

``just server-test`` runs it. The object store is Ceph where its packages are installed.
"""

import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from dataflow_health import wiring
from dataflow_health.errors import SparkError
from dataflow_health.operations import spark_session
from dataflow_health.orchestration.resources import SparkResource
from dataflow_health.settings import Settings, adopt
from dataflow_health.simulator.events import PlannedEvent
from dataflow_health.stages import spark_tasks
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests import servers
from dataflow_health_tests.factories import dependencies
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.servers import SparkCluster
from dataflow_health_tests.stages import processed_day

pytestmark = [pytest.mark.soak, pytest.mark.spark, pytest.mark.server]

TASKS = 16


@pytest.fixture(scope="module")
def cluster() -> Iterator[SparkCluster]:
    with (
        tempfile.TemporaryDirectory(prefix="spark", dir="/tmp") as folder,
        servers.spark_cluster(Path(folder)) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with (
        tempfile.TemporaryDirectory(prefix="ceph", dir="/tmp") as folder,
        servers.object_store(Path(folder)) as url,
    ):
        yield url


@pytest.fixture
def spark(
    cluster: SparkCluster, store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SparkResource:
    """The resource of a run whose settings name the cluster and the store."""
    given = servers.store_environment(store) | {
        "DATAFLOW_HEALTH_HOME": str(tmp_path),
        "DATAFLOW_HEALTH_SPARK_MASTER": cluster.url,
        "DATAFLOW_HEALTH_LAKE_URL": f"s3://{servers.BUCKET}/{tmp_path.name}",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "DAGSTER_HOME": str(tmp_path),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return SparkResource(spark_config=spark_session.spark_config(adopt(tmp_path)))


def test_a_cluster_makes_the_same_files_and_findings_bit_for_bit(
    spark: SparkResource, postgres_url: str, tmp_path: Path
) -> None:
    event = PlannedEvent("engine_1_oil_pressure_low", lasting_s=8)
    flights = [
        processed_day.make_flight("HB-ZAA", 6, 1, event),
        processed_day.make_flight("HB-ZAB", 7, 3),
    ]
    archives = {f"{n}.zip": {f"{n}.rdf": raw} for n, _, raw in flights}
    archives["HB-ZAB_20261120T093000Z.zip"] = {"HB-ZAB_20261120T090000Z.rdf": bytes(50_000)}
    processed_day.land_archives(tmp_path / "landing", archives)
    servers.create_database(postgres_url, "cluster")
    url = postgres_url.replace("/postgres?", "/cluster?")
    here = dependencies(tmp_path)
    chosen = Settings(home=tmp_path, spark_master="spark://cluster:7077")
    there = wiring.on_cluster(
        replace(
            dependencies(tmp_path, open_ledger(url)),
            lake=Lake(f"s3://{servers.BUCKET}/{tmp_path.name}"),
        ),
        chosen,
        spark.session,
    )
    for deps in (there, here):
        processed_day.run_stages(deps, tmp_path / "landing", spark.session)
    findings, rows = processed_day.results(here)
    assert processed_day.results(there) == (findings, rows)
    assert findings
    there.engine.dispose()


def sleep_and_double(number: int) -> Iterator[pa.RecordBatch]:
    time.sleep(0.5)
    yield pa.record_batch({"twice": pa.array([2 * number], pa.int64())})


def test_a_worker_killed_in_mid_job_costs_time_only(
    spark: SparkResource, cluster: SparkCluster
) -> None:
    session = spark.session()
    killer = threading.Timer(2.0, cluster.kill, ["worker-1"])
    killer.start()
    items = [(1, number) for number in range(TASKS)]
    work = spark_tasks.EachItem(sleep_and_double)
    results = spark_tasks.run(session, "doubling", items, work, "twice bigint")
    killer.join()
    assert sorted(results["twice"].to_pylist()) == [2 * number for number in range(TASKS)]
    cluster.start_worker("worker-1")


def test_a_lost_master_fails_with_its_reason_and_a_retry_succeeds(
    spark: SparkResource, cluster: SparkCluster
) -> None:
    names = list(cluster.processes)
    spark.session().stop()
    for name in names:
        cluster.kill(name)
    with pytest.raises(SparkError, match=rf"Spark at {cluster.url} does not answer: .*refused"):
        spark.session()
    cluster.start_master()
    for name in names[1:]:
        cluster.start_worker(name)
    items = [(1, number) for number in range(4)]
    work = spark_tasks.EachItem(sleep_and_double)
    results = spark_tasks.run(spark.session(), "job", items, work, "twice bigint")
    assert results.num_rows == 4
