from pathlib import Path

from dataflow_health_tests.monitoring.probes.probing import make_file, probe


def test_the_newest_file_must_be_recent(tmp_path: Path) -> None:
    make_file(tmp_path / "old.zip", age_s=9000)
    make_file(tmp_path / "new.zip", age_s=60)
    make_file(tmp_path / "other.txt", age_s=1)
    check = {"kind": "file_age", "path": str(tmp_path), "pattern": "*.zip", "at_most": "PT1H"}
    result = probe(check)
    assert (result.outcome, result.detail) == ("passed", "age of new.zip (1 min) <= 1 h")
    assert probe(check | {"at_most": "PT30S"}).outcome == "failed"
    assert probe(check | {"pattern": "*.gz"}).outcome == "failed"
    assert probe(check | {"path": str(tmp_path / "old.zip"), "pattern": ""}).outcome == "failed"
