from pathlib import Path

from dataflow_health_tests.monitoring.probes.probing import make_file, probe


def test_the_oldest_waiting_file_must_not_wait_too_long(tmp_path: Path) -> None:
    check = {"kind": "queue_age", "path": str(tmp_path), "at_most": "PT1H"}
    assert probe(check).detail == "no files waiting"
    make_file(tmp_path / "a.zip", age_s=60)
    assert probe(check).outcome == "passed"
    make_file(tmp_path / "b.zip", age_s=7300)
    result = probe(check)
    assert result.outcome == "failed"
    assert result.detail == "age of b.zip (2 h 1 min) <= 1 h, 2 waiting"


def test_a_missing_folder_is_not_an_empty_queue(tmp_path: Path) -> None:
    check = {"kind": "queue_age", "path": str(tmp_path / "gone"), "at_most": "PT1H"}
    assert probe(check).outcome == "failed"
