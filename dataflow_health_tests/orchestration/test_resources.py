import pytest

from dataflow_health.orchestration import resources
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings
from dataflow_health_tests.factories import DAY


def test_a_request_reports_progress_to_the_listener_of_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "_progress", [])
    calls: list[tuple[str, int, int]] = []
    request = PipelineResource().request(DAY, "run-1", force=True, only=("a",))
    request.progress("parse", 1, 2)
    resources.set_progress(lambda *call: calls.append(call))
    request.progress("parse", 2, 2)
    assert calls == [("parse", 2, 2)]
    assert (request.day, request.run_id, request.force, request.only) == (
        DAY,
        "run-1",
        True,
        ("a",),
    )


def test_only_a_cluster_lets_workers_elsewhere_reach_the_driver(tmp_path) -> None:
    local = resources.spark_config(Settings(home=tmp_path, spark_master="local[2]"))
    cluster = resources.spark_config(Settings(home=tmp_path, spark_master="spark://host:7077"))
    assert local["spark.driver.host"] == "localhost"
    assert "spark.driver.host" not in cluster
    assert cluster["spark.master"] == "spark://host:7077"


def test_spark_has_the_heap_of_the_settings_and_keeps_partition_values_as_text(tmp_path) -> None:
    config = resources.spark_config(Settings(home=tmp_path, spark_driver_memory="3g"))
    assert config["spark.driver.memory"] == "3g"
    assert config["spark.sql.sources.partitionColumnTypeInference.enabled"] == "false"
    assert config["spark.sql.session.timeZone"] == "UTC"
