from pathlib import Path

import pytest

from dataflow_health.monitoring.probes import target
from dataflow_health.monitoring.probes.result import NotConfigured
from dataflow_health_tests.monitoring.probes.probing import probe


def test_a_variable_overrides_the_path_in_the_file(tmp_path: Path) -> None:
    check = {"kind": "file_exists", "path": str(tmp_path / "gone"), "path_from": "LANDING"}
    assert probe(check).outcome == "failed"
    assert probe(check, {"LANDING": str(tmp_path)}).outcome == "passed"


def test_without_an_address_a_check_is_unknown_and_not_red() -> None:
    result = probe({"kind": "file_exists", "path_from": "LANDING"})
    assert result.outcome == "unknown"
    assert result.detail.startswith("LANDING is not set")


def test_an_empty_variable_counts_as_not_set() -> None:
    assert target.resolve("given", "LANDING", {"LANDING": ""}) == "given"
    with pytest.raises(NotConfigured, match="LANDING"):
        target.resolve("", "LANDING", {"LANDING": ""})


def test_only_file_urls_and_plain_paths_are_local() -> None:
    assert target.local_path("file:///a%20b") == Path("/a b")
    assert target.local_path("~/x") == Path("~/x").expanduser()
    assert target.local_path("s3://bucket/x") is None
