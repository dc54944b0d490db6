"""Alerts to a real Alertmanager on loopback, and to servers that refuse them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting import alert_refresh, alertmanager_channel, messages
from dataflow_health.alerting.message_format import Message, render
from dataflow_health.alerting.messages import MessageLinks
from dataflow_health_tests.alerting.alert_scene import AlertScene, make_evidence
from dataflow_health_tests.alerting.alert_servers import free_port, web_server
from dataflow_health_tests.alerting.alertmanager_server import alertmanager
from dataflow_health_tests.health.incident_factories import make_incident
from dataflow_health_tests.waiting import wait_until

LINKS = MessageLinks("http://dagster.example", {"parse": "parse/parameters"})
NOW = datetime.now(UTC).replace(microsecond=0)
INCIDENT = make_incident().model_copy(update={"opened_at": NOW - timedelta(hours=1)})
MESSAGE = messages.incident_message(INCIDENT, "opened", LINKS, NOW)


class AlertmanagerScene(AlertScene):
    """Alert cycles whose channel is an Alertmanager, with the real clock."""

    def __init__(self, engine: Engine, url: str) -> None:
        super().__init__(engine, url)
        # A minute ago, as its steps are faster than they say, and Alertmanager knows the real time.
        self.now = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)

    def send(self, url: str, message: Message) -> str:
        return alertmanager_channel.send(url, message, self.environment, self.now)

    def refresh(self) -> dict[str, int]:
        return alert_refresh.refresh(self.store, self.notifier(), self.now)


def labels_of(alert: dict[str, object]) -> object:
    return alert["labels"]


@pytest.mark.server
def test_an_incident_fires_is_repeated_after_a_restart_and_is_resolved(
    tmp_path: Path, engine: Engine
) -> None:
    with web_server() as hook:
        address = hook.url.replace("json://", "http://")
        with alertmanager(tmp_path, address) as server:
            scene = AlertmanagerScene(engine, f"alertmanager://127.0.0.1:{server.port}")
            scene.record("parse", "frames_in_sync", "failed", make_evidence(1))
            scene.run_cycle(timedelta(seconds=1))
            (alert,) = server.alerts()
            assert alert["labels"] == {
                "alertname": "frames_in_sync", "source": "dataflow_health", "process": "parse",
                "cause": "no_sync", "severity": "critical",
            }  # fmt: skip
            assert alert["annotations"]["summary"] == "parse: no_sync on HB-ZAC"
            assert "byte 4096" in alert["annotations"]["examples"]
            assert alert["generatorURL"].startswith("http://dagster.example")
            wait_until(lambda: [each["status"] for each in hook.got] == ["firing"], limit_s=60)

            server.stop()
            server.start()
            assert server.alerts() == []
            assert scene.refresh() == {"PHONE": 1}
            assert [each["labels"]["process"] for each in server.alerts()] == ["parse"]

            scene.record("parse", "frames_in_sync", "passed")
            scene.run_cycle(timedelta(seconds=1))
            assert server.alerts() == []
            assert scene.refresh() == {}
            wait_until(lambda: hook.got[-1]["status"] == "resolved", limit_s=60)


@pytest.mark.server
def test_a_muted_incident_ends_and_comes_back(tmp_path: Path, engine: Engine) -> None:
    with alertmanager(tmp_path) as server:
        scene = AlertmanagerScene(engine, f"alertmanager://127.0.0.1:{server.port}")
        scene.record("parse", "frames_in_sync", "failed", make_evidence(1))
        scene.run_cycle(timedelta(seconds=1))
        (opened,) = scene.open_incidents()
        muted = opened.model_copy(
            update={"state": "muted", "muted_until": NOW + timedelta(hours=1)}
        )
        for incident, number in ((muted, 0), (opened, 1)):
            with scene.store.writing() as stored:
                stored.save_incident(incident)
            scene.refresh()
            assert len(server.alerts()) == number


@pytest.mark.server
def test_a_message_about_no_incident_is_an_alert_that_soon_ends(tmp_path: Path) -> None:
    with alertmanager(tmp_path) as server:
        url, now = f"alertmanager://127.0.0.1:{server.port}/", datetime.now(UTC)
        assert alertmanager_channel.send(url, render("[DIGEST] all", []), {}, now) == ""
        (alert,) = server.alerts()
        assert alert["labels"]["alertname"] == "DataflowHealthNotice"
        assert alert["labels"]["severity"] == "info"
        assert alert["annotations"]["summary"] == "[DIGEST] all"
        ends_at = datetime.fromisoformat(alert["endsAt"].replace("Z", "+00:00"))
        assert abs(ends_at - now - timedelta(minutes=10)) < timedelta(seconds=1)


def test_a_server_that_refuses_is_quoted_without_its_secret() -> None:
    with web_server() as server:
        server.status = 401
        url = server.url.replace("json://", "alertmanager://anna:sesame@")
        error = alertmanager_channel.send(url, MESSAGE, {"PHONE": url}, NOW)
    assert "401" in error
    assert "sesame" not in error


def test_a_server_that_is_away_is_an_error_in_one_line() -> None:
    for url in (f"alertmanager://127.0.0.1:{free_port()}", "alertmanagers://", "alertmanager://["):
        error = alertmanager_channel.send(url, MESSAGE, {}, NOW)
        assert error.startswith("Alertmanager does not answer: ")
        assert "\n" not in error


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("alertmanager://a:9093", True),
        ("ALERTMANAGERS://a", True),
        ("json://a", False),
        ("", False),
    ],
)
def test_only_urls_of_an_alertmanager_are_accepted(url: str, accepted: bool) -> None:
    assert alertmanager_channel.accepts(url) is accepted
