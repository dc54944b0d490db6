"""Due messages are sent once; a crash repeats at most one and loses none."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting import delivery
from dataflow_health.alerting.message_format import Message
from dataflow_health.storage.records import incidents
from dataflow_health_tests.alerting.alert_scene import CHANNEL, RULE, AlertScene, make_evidence
from dataflow_health_tests.alerting.alert_servers import web_server
from dataflow_health_tests.alerting.crashing_alert_cycle import STEPS
from dataflow_health_tests.health.incident_factories import NOON

OUTCOMES = ["passed", "failed", "failed", "passed", "passed"]
EXPECTED = ["[FAILED] parse: no_sync on HB-ZAC", "[RECOVERED] parse: no_sync after 2 min"]
TIMEOUT_S = 900
"""Generous: the process only imports and runs five cycles, but the machine may be busy."""


def run_cycles(url, hook, step, killed_in, first):
    return subprocess.run(
        [
            sys.executable, "-m", "dataflow_health_tests.alerting.crashing_alert_cycle",
            url, hook, step, str(killed_in), str(first), *OUTCOMES,
        ],
        capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
    )  # fmt: skip


@pytest.mark.server
@pytest.mark.parametrize(
    ("step", "killed_in"),
    [*((step, 1) for step in STEPS), ("after updating incidents", 3), ("after sending", 3)],
)
def test_a_process_killed_at_any_step_loses_no_incident_and_repeats_at_most_one_message(
    engine: Engine, database_url: str, step: str, killed_in: int
):
    with web_server() as server:
        killed = run_cycles(database_url, server.url, step, killed_in, 0)
        assert killed.returncode == -9, killed.stderr
        restarted = run_cycles(database_url, server.url, "", -1, killed_in)
        assert restarted.returncode == 0, restarted.stderr
    titles = Counter(server.titles)
    assert set(titles) == set(EXPECTED)
    assert sum(titles.values()) == len(EXPECTED) + (step == "after sending")
    assert [each.resolution for each in incidents.find(engine)] == ["recovered"]
    assert AlertScene(engine, "").due_deliveries() == []


class Channel:
    """A channel that records titles, and refuses while ``error`` is set."""

    def __init__(self) -> None:
        self.error = ""
        self.messages: list[Message] = []

    def send(self, _url: str, message: Message) -> str:
        if not self.error:
            self.messages.append(message)
        return self.error

    @property
    def titles(self) -> list[str]:
        return [each.title for each in self.messages]


@pytest.fixture
def channel():
    return Channel()


@pytest.fixture
def scene(engine: Engine, channel: Channel, monkeypatch):
    made = AlertScene(engine, "memory://")
    monkeypatch.setattr(made, "send", channel.send)
    return made


def with_throttle(at_most):
    throttle = {"at_most": at_most, "every": "PT1H"}
    return {"all": RULE.model_validate(RULE.model_dump() | {"throttle": throttle})}


def record_reasons(scene, *numbers):
    evidence = [make_evidence(n, reason=f"reason_{n}") for n in numbers]
    scene.record("parse", "frames_in_sync", "failed", *evidence)


@pytest.mark.slow
def test_an_alert_storm_is_a_few_messages_that_name_every_cause(scene, channel):
    scene.rules = with_throttle(4)
    record_reasons(scene, *range(30))
    scene.run_cycle()
    assert len(channel.messages) == 4
    text = "".join(each.title + each.text for each in channel.messages)
    assert all(f"parse: reason_{n} " in text for n in range(30))
    assert scene.due_deliveries() == []


def test_messages_of_the_cycles_before_count_towards_the_throttle(scene, channel):
    scene.rules = with_throttle(4)
    record_reasons(scene, *range(3))
    scene.run_cycle()
    record_reasons(scene, *range(6))
    scene.run_cycle()
    assert len(channel.messages) == 4
    assert channel.titles[-1] == "3 alerts in one message"
    record_reasons(scene, *range(7))
    scene.run_cycle(timedelta(hours=1))
    assert len(channel.messages) == 4
    scene.run_cycle()
    assert len(channel.messages) == 5


def test_messages_that_do_not_fit_into_the_time_of_a_tick_are_sent_in_the_next(
    scene, channel, monkeypatch
):
    record_reasons(scene, 1, 2)
    monkeypatch.setattr(delivery, "BUDGET_S", -1.0)
    scene.run_cycle()
    assert channel.messages == []
    monkeypatch.undo()
    monkeypatch.setattr(scene, "send", channel.send)
    scene.run_cycle()
    assert len(channel.messages) == 2


def test_a_channel_that_is_down_gets_the_message_when_it_is_back(scene, channel):
    channel.error = "503"
    record_reasons(scene, 1)
    for _ in range(3):
        scene.run_cycle()
    (due,) = scene.due_deliveries()
    assert (due.attempts, due.error) == (3, "503")
    channel.error = ""
    for _ in range(3):
        scene.run_cycle(timedelta(minutes=4))
    assert channel.titles == ["[FAILED] parse: reason_1 on HB-ZAC"]
    assert scene.due_deliveries() == []


def test_a_channel_without_a_url_fails_with_its_name(scene):
    scene.environment = {}
    record_reasons(scene, 1)
    scene.run_cycle()
    (due,) = scene.due_deliveries()
    assert due.error == f"{CHANNEL} is not set"


def test_a_message_shows_the_incident_as_it_is_when_it_is_sent(scene, channel):
    channel.error = "503"
    record_reasons(scene, 1)
    scene.run_cycle()
    grown = [make_evidence(n, reason="reason_1", tail=f"HB-Z0{n}") for n in (1, 2)]
    scene.record("parse", "frames_in_sync", "failed", *grown)
    channel.error = ""
    scene.run_cycle()
    assert channel.titles == ["[FAILED] parse: reason_1 on 3 aircraft"]


def test_a_digest_stays_due_while_nobody_can_write_it(scene, channel):
    digest = delivery.Delivery(
        incident_id=0, kind="digest", channel=CHANNEL, rule="all", due_at=NOON
    )
    with scene.store.writing() as stored:
        stored.save_deliveries([digest])
    assert delivery.deliver(scene.store, scene.notifier(), NOON) == ()
    assert scene.due_deliveries() == [digest]
    message = Message("[DIGEST]", "", "")
    (sent,) = delivery.deliver(scene.store, scene.notifier(), NOON, lambda: message)
    assert sent.outcome == "sent"
    assert channel.messages == [message]


def test_nothing_due_sends_nothing(scene, channel):
    assert delivery.deliver(scene.store, scene.notifier(), NOON) == ()
    assert channel.messages == []


def test_a_message_of_a_rule_that_is_removed_is_still_sent(scene, channel):
    record_reasons(scene, 1)
    scene.update_incidents()
    scene.rules = {}
    (sent,) = delivery.deliver(scene.store, scene.notifier(), NOON)
    assert sent.outcome == "sent"
    assert channel.titles == ["[FAILED] parse: reason_1 on HB-ZAC"]


def test_every_attempted_delivery_is_returned(scene, channel):
    record_reasons(scene, 1, 2)
    scene.update_incidents()
    attempted = delivery.deliver(scene.store, scene.notifier(), NOON)
    assert [each.outcome for each in attempted] == ["sent", "sent"]
    assert len(channel.messages) == 2
