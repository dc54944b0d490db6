import subprocess
import sys
from pathlib import Path

import pytest

from dataflow_health.errors import SparkError
from dataflow_health.operations import spark_session
from dataflow_health.settings import Settings
from dataflow_health_tests.storage.serving import free_port


def test_only_a_cluster_lets_workers_elsewhere_reach_the_driver(tmp_path) -> None:
    local = spark_session.spark_config(Settings(home=tmp_path, spark_master="local[2]"))
    cluster = spark_session.spark_config(Settings(home=tmp_path, spark_master="spark://host:7077"))
    assert local["spark.driver.host"] == "localhost"
    assert "spark.driver.host" not in cluster
    assert cluster["spark.master"] == "spark://host:7077"


def test_spark_has_the_heap_of_the_settings_and_keeps_partition_values_as_text(tmp_path) -> None:
    config = spark_session.spark_config(Settings(home=tmp_path, spark_driver_memory="3g"))
    assert config["spark.driver.memory"] == "3g"
    assert config["spark.sql.sources.partitionColumnTypeInference.enabled"] == "false"
    assert config["spark.sql.session.timeZone"] == "UTC"


def test_a_master_that_is_away_is_named_at_once_with_its_reason(tmp_path) -> None:
    for scheme in ("spark", "sc"):
        url = f"{scheme}://127.0.0.1:{free_port()}"
        expected = rf"^Spark at {url} does not answer: .*Connection refused$"
        with pytest.raises(SparkError, match=expected):
            spark_session.start(Settings(home=tmp_path, spark_master=url))


def test_keys_of_the_object_store_reach_workers_elsewhere_only(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    lake, master = "s3://bucket/lake", "spark://host:7077"
    cluster = Settings(home=tmp_path, spark_master=master, lake_url=lake)
    access = spark_session._store_access(cluster)
    assert access["spark.executorEnv.AWS_SECRET_ACCESS_KEY"] == "s3cret"
    assert "s3cret" not in str(spark_session.spark_config(cluster))
    assert spark_session._store_access(Settings(home=tmp_path, lake_url=lake)) == {}
    assert spark_session._store_access(Settings(home=tmp_path, spark_master=master)) == {}


def test_the_reason_of_a_failed_start_includes_the_last_error_of_java(tmp_path) -> None:
    log = tmp_path / spark_session.LOG
    assert spark_session._last_line(log) == ""
    log.write_text("java.io.IOException: No space left on device\n\tat java.base\n")
    assert spark_session._last_line(log) == " (java.io.IOException: No space left on device)"


LOST = """
import os, sys
from pathlib import Path
from pyspark import SparkContext
from dataflow_health.errors import SparkError
from dataflow_health.operations import spark_session
from dataflow_health.orchestration.resources import SparkResource
from dataflow_health.settings import Settings, adopt
from dataflow_health.stages import spark_faults

chosen = adopt(Path(sys.argv[1]))
spark = SparkResource(spark_config={})
first = spark.session()
assert spark.session() is first
first.stop()
second = spark.session()
assert second.range(3).count() == 3
SparkContext._gateway.proc.kill()
SparkContext._gateway.proc.wait()
try:
    with spark_faults.translate_errors("a job"):
        second.range(3).count()
except SparkError as error:
    print(error)
assert spark.session().range(5).count() == 5
"""


@pytest.mark.spark
def test_a_session_that_stopped_or_lost_its_java_is_started_again(tmp_path) -> None:
    words = [sys.executable, "-c", LOST, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("a job: Java was ended by SIGKILL")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_the_driver_writes_its_log_in_the_format_of_the_settings(
    tmp_path: Path, log_format: str
) -> None:
    chosen = Settings.model_validate({"home": str(tmp_path), "log_format": log_format})
    options = spark_session.spark_config(chosen)["spark.driver.extraJavaOptions"]
    assert options.startswith(chosen.spark_java_options)
    assert ("log4j2-json-layout" in options) == (log_format == "json")
