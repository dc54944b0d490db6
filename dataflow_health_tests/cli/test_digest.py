from dataflow_health_tests.cli.conftest import OperatorShell


def test_the_digest_has_open_incidents_and_the_quarantine(shell: OperatorShell) -> None:
    assert "1 open, 2 in quarantine" in shell.output("digest")
    handover = shell.json("digest")
    assert (len(handover["open"]), len(handover["quarantine"])) == (1, 2)
    assert (handover["ended"], handover["resolved_but_failing"]) == ([], [])
    assert {each["reason"] for each in handover["quarantine"]} == {"no_sync"}


def test_an_incident_that_ended_moves_to_the_ended_ones(shell: OperatorShell) -> None:
    shell.output("incident", "resolve", 1, "--as", "fixed")
    handover = shell.json("digest")
    assert (handover["open"], [each["id"] for each in handover["ended"]]) == ([], [1])
