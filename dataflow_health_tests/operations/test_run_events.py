"""OpenLineage events of real runs: what becomes of them never changes a run."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataflow_health import settings, wiring
from dataflow_health.orchestration.assets import stages
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.storage.files import lineage_outbox
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.server]


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    (tmp_path / "landing").mkdir()
    with dg.instance_for_test() as made:
        made.add_dynamic_partitions("arrival_day", [DAY])
        yield made
    wiring.dependencies.cache_clear()


def materialize(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    (download,) = stages.assets()[:1]
    resources = {"pipeline": PipelineResource(), "spark": SparkResource(spark_config={})}
    return dg.materialize(
        [download], partition_key=DAY, instance=instance, resources=resources, raise_on_error=False
    )


def read(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_a_run_has_a_start_and_an_end_in_the_file(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "events.jsonl"
    monkeypatch.setenv("DATAFLOW_HEALTH_OPENLINEAGE_URL", file.as_uri())
    result = materialize(instance)
    assert result.success
    chosen = settings.load()
    wait_until(lambda: lineage_outbox.deliver(chosen) or len(read(file)) == 2)
    started, ended = read(file)
    assert [started["eventType"], ended["eventType"]] == ["START", "COMPLETE"]
    assert started["run"]["runId"] == ended["run"]["runId"]
    assert ended["run"]["facets"]["parent"]["run"]["runId"] == result.run_id


def test_a_run_ends_well_while_the_receiver_is_away_and_its_events_wait(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_OPENLINEAGE_URL", "http://127.0.0.1:9")
    assert materialize(instance).success
    assert len(lineage_outbox.waiting(settings.load())) == 2
