from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.finding_factories import insert_findings


def test_without_a_finding_the_command_says_so(shell: OperatorShell) -> None:
    assert shell.output("findings").strip() == "0 of 0 findings."


def test_findings_are_listed_filtered_and_limited(shell: OperatorShell) -> None:
    keys = insert_findings(shell.engine, 3)
    found = shell.json("findings")
    assert {each["recording"] for each in found["findings"]} == {key[0] for key in keys}
    first = found["findings"][0]
    output = shell.output("findings", "--limit", 1)
    assert first["recording"][:12] in output
    assert "1 of 3 findings." in output
    assert shell.json("findings", "--tail", "HB-NONE")["findings"] == []
    assert shell.json("findings", "--state", "confirmed")["total"] == 0
    day = first["start_at"][:10] + "T00:00Z"
    assert shell.json("findings", "--to", day)["total"] == 0
    assert shell.json("findings", "--from", day)["total"] == 3
    assert "Invalid value for '--from'" in shell.output("findings", "--from", "noon", code=2)
