from datetime import timedelta
from pathlib import Path

from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.monitoring.probes.probing import NOW, probe

CHECK = {"kind": "canary_on_time"}


def test_a_canary_that_is_late_or_slow_is_red(tmp_path: Path) -> None:
    lake = Lake((tmp_path / "lake").as_uri())
    environment = {"DATAFLOW_HEALTH_HOME": str(tmp_path)}
    canary_result.write(lake, CanaryResult(at=NOW, took_s=30))
    assert probe(CHECK, environment).outcome == "passed"
    assert probe(CHECK, environment, now=NOW + timedelta(hours=3)).outcome == "failed"
    canary_result.write(lake, CanaryResult(at=NOW, took_s=601))
    assert probe(CHECK, environment).outcome == "failed"
    assert probe(CHECK | {"slowest": "PT11M"}, environment).outcome == "passed"


def test_before_the_first_run_the_check_is_unknown(tmp_path: Path) -> None:
    result = probe(CHECK, {"DATAFLOW_HEALTH_HOME": str(tmp_path)})
    assert (result.outcome, "no canary run" in result.detail) == ("unknown", True)
