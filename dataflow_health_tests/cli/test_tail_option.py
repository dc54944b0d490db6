import pytest

from dataflow_health.pseudonyms import Pseudonyms
from dataflow_health_tests.cli.conftest import OperatorShell

KEY = "a key of sixteen"
CODE = Pseudonyms(KEY.encode()).of("HB-ZAA")


def test_a_command_of_a_message_takes_its_pseudonym(
    shell: OperatorShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_PSEUDONYM_KEY", KEY)
    by_tail = shell.json("quarantine", "list", "--tail", "HB-ZAA", code=1)
    assert len(by_tail) == 2
    assert len(shell.json("quarantine", "list", "--tail", CODE, code=1)) == 2
    other = Pseudonyms(KEY.encode()).of("HB-NEW")
    assert "no aircraft has the pseudonym" in shell.output(
        "rerun", "--failed", "--tail", other, code=2
    )
    assert shell.json("findings", "--tail", "HB-NEW")["total"] == 0
