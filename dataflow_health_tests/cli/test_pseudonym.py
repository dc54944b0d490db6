from pathlib import Path

import pytest

from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health_tests.cli.conftest import OperatorShell

KEY = "a key of sixteen"
CODE = Pseudonyms(KEY.encode()).of("HB-ZAA")


@pytest.fixture
def keyed(shell: OperatorShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> OperatorShell:
    """The key stands in a file, as Docker mounts secrets."""
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    monkeypatch.setenv("DATAFLOW_HEALTH_PSEUDONYM_KEY_FILE", str(path))
    return shell


def test_a_pseudonym_and_a_tail_are_resolved(keyed: OperatorShell) -> None:
    assert keyed.output("pseudonym", CODE) == f"{CODE}  HB-ZAA\n"
    assert keyed.json("pseudonym", "hb-zaa") == keyed.json("pseudonym") == {CODE: "HB-ZAA"}


def test_an_unknown_pseudonym_is_an_error(keyed: OperatorShell) -> None:
    assert "no aircraft of the ledger" in keyed.output("pseudonym", "HB-NEW", code=2)


def test_without_a_key_there_are_none(shell: OperatorShell) -> None:
    assert "DATAFLOW_HEALTH_PSEUDONYM_KEY is not set" in shell.output("pseudonym", code=2)
