from dataflow_health_tests.cli.conftest import OperatorShell
from dataflow_health_tests.finding_factories import insert_findings, insert_flights


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


def test_the_trend_is_a_line_for_each_month_with_findings(shell: OperatorShell) -> None:
    insert_findings(shell.engine, 3)
    insert_flights(shell.engine, ("HB-Z0", "2026-11", 50))
    span = ("--from", "2026-11-01T00:00Z", "--to", "2026-11-30T00:00Z")
    output = shell.output("findings", "--trend", "aircraft", *span)
    assert output.splitlines()[1].split() == ["2026-11", "HB-Z0", "2", "0", "1", "50.0", "4.00"]
    assert "3 findings in 50.0 flight hours, 2026-11 to 2026-11." in output
    found = shell.json("findings", "--trend", "algorithm", "--severity", "alert", *span)
    assert [each["name"] for each in found["lines"]] == ["torque_2"]
    refused = shell.output("findings", "--trend", "aircraft", "--undated", code=2)
    assert "leave out --state and --undated" in refused
