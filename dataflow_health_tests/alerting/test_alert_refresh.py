from sqlalchemy import Engine

from dataflow_health.alerting import alert_refresh
from dataflow_health.alerting.message_format import Message
from dataflow_health_tests.alerting.alert_scene import AlertScene, make_evidence


class RecordedScene(AlertScene):
    """Alert cycles whose messages are kept."""

    error = ""

    def send(self, _url: str, message: Message) -> str:
        self.sent = [*getattr(self, "sent", []), message]
        return self.error

    def refresh(self) -> dict[str, int]:
        return alert_refresh.refresh(self.store, self.notifier(), self.now)


def test_channels_for_people_get_no_repetition(engine: Engine) -> None:
    scene = RecordedScene(engine, "json://hook")
    scene.record("parse", "frames_in_sync", "failed", make_evidence(1))
    scene.run_cycle()
    assert scene.refresh() == {}
    assert len(scene.sent) == 1


def test_an_incident_is_repeated_once_its_message_was_sent(engine: Engine) -> None:
    scene = RecordedScene(engine, "alertmanager://manager")
    scene.error = "away"
    scene.record("parse", "frames_in_sync", "failed", make_evidence(1))
    scene.run_cycle()
    assert scene.refresh() == {}
    scene.error = ""
    scene.run_cycle()
    assert scene.refresh() == {"PHONE": 1}
    (alert,) = scene.sent[-1].alerts
    assert alert.labels["process"] == "parse"
    scene.error = "away"
    assert scene.refresh() == {}
