from pathlib import Path

import pytest

from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health_tests.monitoring.probes.probing import NOW, probe


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake((tmp_path / "lake").as_uri())


def outcomes(home: Path) -> list[str]:
    return [
        probe({"kind": "canary_stage", "stage": stage}, {"DATAFLOW_HEALTH_HOME": str(home)}).outcome
        for stage in STAGES
    ]


def test_before_the_first_run_every_stage_is_unknown(tmp_path: Path) -> None:
    assert set(outcomes(tmp_path)) == {"unknown"}


def test_only_the_first_wrong_stage_is_red(tmp_path: Path, lake: Lake) -> None:
    canary_result.write(lake, CanaryResult(at=NOW, took_s=30))
    assert set(outcomes(tmp_path)) == {"passed"}
    wrong = CanaryResult(at=NOW, took_s=30, stage="store", fault="result (1) = 2")
    canary_result.write(lake, wrong)
    assert outcomes(tmp_path) == [*["passed"] * 4, "failed", *["unknown"] * 3]
