import pytest
from click import UsageError

from dataflow_health.cli.judge import _choose
from dataflow_health.schemas import FindingEntry
from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.finding_factories import insert_findings


def test_a_finding_is_dismissed_with_a_reason_and_made_new_again(shell: OperatorShell) -> None:
    insert_findings(shell.engine, 1)
    [found] = shell.json("findings")["findings"]
    words = (found["recording"], found["algorithm"])
    assert "dismissed with a reason" in shell.output("judge", *words, "--as", "dismissed", code=2)
    said = shell.output("judge", *words, "--as", "dismissed", "--note", "sensor fault")
    assert said.endswith(": dismissed\n")
    [after] = shell.json("findings", "--state", "dismissed")["findings"]
    assert after["reason"] == "sensor fault"
    assert shell.json("judge", *words, "--as", "new") == {"state": "new"}
    assert shell.json("findings", "--state", "dismissed")["total"] == 0


def test_a_finding_that_is_not_there_is_named(shell: OperatorShell) -> None:
    insert_findings(shell.engine, 1)
    [found] = shell.json("findings")["findings"]
    words = ("judge", found["recording"], found["algorithm"], "--as", "confirmed")
    assert "there is no such finding" in shell.output(*words, "--number", 9, code=2)


def test_of_several_findings_the_number_says_which() -> None:
    found = [
        FindingEntry(
            recording="a" * 64, tail="HB-ZAA", algorithm="x", number=number,
            severity="alert", start_s=start_s, end_s=9,
        )
        for number, start_s in enumerate((1.0, 7.0))
    ]  # fmt: skip
    assert _choose(found, 1, "x") is found[1]
    with pytest.raises(UsageError, match="0 at 1 s, 1 at 7 s"):
        _choose(found, None, "x")
