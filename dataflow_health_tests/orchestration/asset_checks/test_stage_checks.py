import dagster as dg
import pytest

from dataflow_health import settings, wiring
from dataflow_health.health.check import AssetCheck
from dataflow_health.health.observation import Evidence
from dataflow_health.orchestration.asset_checks import stage_checks
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages.stage import StageSummary
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations
from dataflow_health_tests.factories import DAY, catalogue
from dataflow_health_tests.health.factories import make_observation
from dataflow_health_tests.storage.ledger.factories import recordings, refuse

KEY = STAGE_KEYS["parse"]


@pytest.fixture
def deps(tmp_path, monkeypatch):
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    made = wiring.dependencies(settings.load())
    yield made
    wiring.dependencies.cache_clear()
    made.engine.dispose()


def test_every_declared_asset_check_of_a_stage_is_a_check_of_its_asset() -> None:
    declared = catalogue()
    expected = {
        (STAGE_KEYS[stage], check.name)
        for stage in STAGES
        for check in declared.processes[stage].checks
        if isinstance(check, AssetCheck)
    }
    defined = {
        (key.asset_key, key.name)
        for checks in stage_checks.checks(declared)
        for key in checks.check_keys
    }
    assert defined == expected


def test_the_results_of_the_selected_checks_are_saved(deps) -> None:
    refuse(deps.engine, recordings(deps.engine, 2))
    results = stage_checks.evaluate(PipelineResource(), "parse", DAY, ["frames_in_sync"], "run-1")
    assert [(each.check, each.outcome) for each in results] == [("frames_in_sync", "failed")]
    saved = observations.read(deps.engine)
    assert [(each.process, each.check, each.outcome) for each in saved] == [
        ("parse", "frames_in_sync", "failed")
    ]


def test_stages_that_made_files_again_are_checked_again(deps) -> None:
    summary = StageSummary("store", DAY, remade=("compress", "parse"))
    stage_checks.evaluate_remade(PipelineResource(), summary, "run-1")
    assert {each.process for each in observations.read(deps.engine)} == {"compress", "parse"}


def test_a_failure_shows_its_evidence_as_a_table() -> None:
    evidence = (Evidence(tail="HB-ZAA", reason="no_sync", byte_offset=0),)
    failed = make_observation("parse", "good", "failed", detail="1 must be 0", evidence=evidence)
    result = stage_checks._check_result(failed, KEY)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert result.metadata["failing"].value == 1
    [row] = result.metadata["evidence"].records
    assert (row.data["tail"], row.data["byte_offset"], row.data["archive"]) == ("HB-ZAA", 0, "")


def test_a_passed_check_has_its_measured_value_and_no_evidence() -> None:
    result = stage_checks._check_result(make_observation("parse", "good", detail="0 = 0"), KEY)
    assert result.passed
    assert result.metadata["measured"].value == "0 = 0"
    assert "evidence" not in result.metadata
