import pytest

from dataflow_health import definitions
from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.jobs.arrival_day import PIPELINE


@pytest.fixture
def graph(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    return definitions.build().get_repository_def().asset_graph


def test_the_pipeline_runs_every_stage(graph) -> None:
    selected = PIPELINE.selection.resolve(graph)
    assert set(STAGE_KEYS.values()) <= selected


def test_the_pipeline_runs_the_checks_of_the_stages_but_not_their_health_checks(graph) -> None:
    selected = PIPELINE.selection.resolve_checks(graph)
    of_stages = {key for key in graph.asset_check_keys if key.asset_key in STAGE_KEYS.values()}
    health = {key for key in of_stages if key.name == health_checks.CHECK}
    assert len(health) == len(STAGE_KEYS)
    assert of_stages - health == {key for key in selected if key in of_stages}
