import pytest

from dataflow_health_tests.alerting.alert_servers import web_server
from dataflow_health_tests.cli.conftest import OperatorShell

pytestmark = pytest.mark.server

ON_CALL = "DATAFLOW_HEALTH_ALERT_ON_CALL"


def test_a_test_message_goes_to_every_configured_channel(
    shell: OperatorShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server() as server:
        monkeypatch.setenv(ON_CALL, server.url)
        results = shell.json("alert", "test", "--rule", "on_call", code=1)
    assert server.titles == ["[TEST] Dataflow Health"]
    assert results[ON_CALL] == {"sent": True, "error": ""}
    assert results["DATAFLOW_HEALTH_ALERT_ESCALATION"]["error"] == "is not configured"
    assert {entry["action"] for entry in shell.json("audit")} == {"alert_test"}
    assert "no alert rule 'x'" in shell.output("alert", "test", "--rule", "x", code=2)


def test_the_rules_show_which_channels_are_configured(
    shell: OperatorShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_ALERT_TEAM", "json://127.0.0.1/")
    rules = shell.json("alert", "rules")
    assert rules["team"] == {"DATAFLOW_HEALTH_ALERT_TEAM": True}
    assert rules["on_call"][ON_CALL] is False
    output = shell.output("alert", "rules")
    assert "DATAFLOW_HEALTH_ALERT_TEAM is configured" in output
    assert f"{ON_CALL} is not configured" in output


def test_due_notifications_are_sent_once(
    shell: OperatorShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    with web_server() as server:
        monkeypatch.setenv(ON_CALL, server.url)
        assert shell.json("alert", "send")["failed"] == 0
        sent = list(server.titles)
        assert any("parse: no_sync" in title for title in sent)
        assert shell.json("alert", "send")["sent"] == 0
    assert server.titles == sent
