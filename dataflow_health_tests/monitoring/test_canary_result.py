from pathlib import Path

from dataflow_health.monitoring import canary_result
from dataflow_health.monitoring.canary_result import CanaryResult
from dataflow_health.storage.files.lake import Lake
from dataflow_health_tests.factories import NOON


def test_a_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path.as_uri())
    assert canary_result.read(lake) is None
    result = CanaryResult(at=NOON, took_s=31.5, stage="store", fault="result (1) = 2")
    canary_result.write(lake, result)
    assert canary_result.read(lake) == result
