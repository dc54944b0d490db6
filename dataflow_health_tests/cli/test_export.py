import csv
from pathlib import Path

import pytest

from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.finding_factories import insert_findings

KEY = "a key of sixteen"


def test_findings_are_exported_with_pseudonyms_if_there_is_a_key(
    shell: OperatorShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    insert_findings(shell.engine, 3)
    path = tmp_path / "findings.csv"
    assert shell.output("export", "findings", path) == f"3 findings in {path}.\n"
    assert "HB-Z1" in path.read_text()
    monkeypatch.setenv("DATAFLOW_HEALTH_PSEUDONYM_KEY", KEY)
    code = Pseudonyms(KEY.encode()).of("HB-Z1")
    assert "1 findings" in shell.output("export", "findings", path, "--tail", code)
    with path.open() as file:
        assert [row["tail"] for row in csv.DictReader(file)] == [code]
    assert "must end with" in shell.output("export", "findings", tmp_path / "a.xls", code=2)


def test_an_unknown_recording_is_an_error(shell: OperatorShell, tmp_path: Path) -> None:
    words = ("export", "series", "0" * 64, "torque_pct", tmp_path / "a.csv")
    assert "no recording's id begins" in shell.output(*words, code=2)
