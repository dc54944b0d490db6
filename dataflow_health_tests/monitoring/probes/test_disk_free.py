from pathlib import Path

from dataflow_health_tests.monitoring.probes.probing import probe


def test_a_disk_must_have_room(tmp_path: Path) -> None:
    check = {"kind": "disk_free", "path": str(tmp_path / "not" / "yet"), "at_least_pct": 0}
    assert probe(check).outcome == "passed"
    full = probe(check | {"at_least_pct": 100})
    assert full.outcome == "failed"
    assert full.detail.endswith(") >= 100")
    assert "free_gb" in probe(check | {"at_least_gb": 10**9}).detail


def test_an_object_store_has_no_disk_to_fill() -> None:
    assert probe({"kind": "disk_free", "path": "s3://bucket/lake"}).outcome == "passed"
