from dataflow_health_tests.cli.conftest import OperatorShell

TICKET = "https://tickets.example/7"


def test_incidents_are_listed_and_shown(shell: OperatorShell) -> None:
    assert [each["state"] for each in shell.json("incident", "list", code=1)] == ["open"]
    output = shell.output("incident", "list", code=1)
    assert "parse / frames_in_sync" in output
    assert "FAILED" in output
    shown = shell.output("incident", "show", 1)
    assert "dataflow-health quarantine replay --stage parse" in shown
    assert shown.endswith("State: open\n")
    assert shell.json("incident", "list", "--process", "load") == []


def test_an_incident_is_acknowledged_and_resolved(shell: OperatorShell) -> None:
    assert "is acknowledged by anna" in shell.output("incident", "ack", 1, "--operator", "anna")
    words = ("incident", "resolve", 1, "--as", "false_alarm", "--operator", "anna")
    assert "resolved as false_alarm by anna" in shell.output(*words)
    assert shell.json("incident", "list") == []
    assert "There are no open incidents." in shell.output("incident", "list")
    assert [each["state"] for each in shell.json("incident", "list", "--all")] == ["resolved"]
    assert "there is no incident 9" in shell.output("incident", "ack", 9, code=2)


def test_a_mute_needs_an_end_and_a_ticket(shell: OperatorShell) -> None:
    mute = ("incident", "mute", 1)
    assert "--ticket" in shell.output(*mute, "--for", "PT1H", code=2)
    assert "either --for or --until" in shell.output(*mute, "--ticket", TICKET, code=2)
    both = ("--for", "PT1H", "--until", "2099-01-01")
    assert "either --for or --until" in shell.output(*mute, "--ticket", TICKET, *both, code=2)
    assert "PT4H or P2D" in shell.output(*mute, "--ticket", TICKET, "--for", "4h", code=2)
    muted = shell.json(*mute, "--ticket", TICKET, "--for", "PT4H")
    assert (muted["state"], muted["mute_ticket"]) == ("muted", TICKET)
    assert "is open" in shell.output("incident", "unmute", 1)


def test_the_help_says_what_a_mute_needs(shell: OperatorShell) -> None:
    text = " ".join(shell.output("incident", "mute", "-h").split())
    assert (
        "Mute notifications until a given time. Needs --for or --until, and a ticket URL." in text
    )
