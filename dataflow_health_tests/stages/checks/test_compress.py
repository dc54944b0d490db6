from pathlib import Path

import pytest

from dataflow_health.stages.checks.compress import RATIO_BAND, ratio_in_band
from dataflow_health_tests.stages.checks.factories import make_context, make_record


@pytest.mark.parametrize(
    ("ratio", "passed"),
    [(RATIO_BAND[0], True), (RATIO_BAND[1], True), (0.009, False), (0.601, False)],
)
def test_a_ratio_outside_the_band_fails(tmp_path: Path, ratio: float, passed: bool) -> None:
    result = ratio_in_band(make_context(tmp_path, make_record(measurements={"ratio": ratio})))
    assert result.passed is passed
    assert [item.found for item in result.evidence] == ([] if passed else [f"{ratio:.3f}"])


def test_a_day_without_recordings_passes(tmp_path: Path) -> None:
    assert ratio_in_band(make_context(tmp_path)).detail == "0.01 <= ratio (none) <= 0.6"
