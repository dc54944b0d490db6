from dataclasses import replace
from pathlib import Path

import pytest

from dataflow_health.stages.checks.download import disk_headroom, source_reachable
from dataflow_health_tests.factories import land, zipped
from dataflow_health_tests.stages.checks.factories import make_context


def test_a_reachable_source_reports_how_many_archives_it_lists(tmp_path: Path) -> None:
    land(tmp_path, "a.zip", zipped({"a.rdf": b"x"}))
    result = source_reachable(make_context(tmp_path))
    assert result.passed
    assert result.detail.endswith("can be listed")


def test_a_missing_source_fails(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    missing = replace(context.thresholds, source_url=str(tmp_path / "missing"))
    result = source_reachable(replace(context, thresholds=missing))
    assert not result.passed
    assert "missing" in result.detail


@pytest.mark.parametrize(("share", "passed"), [(0.0, True), (1.01, False)])
def test_free_space_is_compared_with_the_limit(tmp_path: Path, share: float, passed: bool) -> None:
    context = make_context(tmp_path)
    limits = replace(context.thresholds, disk_free_share=share)
    assert disk_headroom(replace(context, thresholds=limits)).passed is passed
