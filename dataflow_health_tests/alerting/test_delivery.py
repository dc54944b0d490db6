"""Messages are sent once, whatever dies in between; at most one is repeated, none is lost."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting import delivery
from dataflow_health.storage.records import incidents as storage
from dataflow_health.storage.records import message_queue
from dataflow_health_tests.alerting.alert_servers import AlertScene, make_evidence, web_server
from dataflow_health_tests.alerting.crashing_alert_cycle import STEPS
from dataflow_health_tests.alerting.test_incident_engine import PROCESSES

OUTCOMES = ["passed", "failed", "failed", "passed", "passed"]
WANTED = ["[FAILED] parse: no_sync on HB-ZAC", "[RECOVERED] parse: no_sync after 2 min"]


def run(url, hook, step, dies_in, first):
    return subprocess.run(
        [
            sys.executable, "-m", "dataflow_health_tests.alerting.crashing_alert_cycle",
            url, hook, step, str(dies_in), str(first), *OUTCOMES,
        ],
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("step", "dies_in"),
    [*((step, 1) for step in STEPS), ("after looking", 3), ("after sending", 3)],
)
@pytest.mark.server
def test_killed_at_any_step_no_incident_is_lost_and_at_most_one_message_repeats(
    engine: Engine, database_url: str, step: str, dies_in: int
):
    with web_server() as server:
        killed = run(database_url, server.url, step, dies_in, 0)
        assert killed.returncode == -9, killed.stderr
        again = run(database_url, server.url, "", -1, dies_in)
        assert again.returncode == 0, again.stderr
    told = Counter(server.titles)
    assert set(told) == set(WANTED)
    assert sum(told.values()) <= len(WANTED) + 1
    assert (sum(told.values()) > len(WANTED)) is (step == "after sending")
    assert [each.resolution for each in storage.find(engine)] == ["recovered"]
    assert message_queue.find_due(engine) == []


@pytest.fixture
def hooked(engine: Engine):
    with web_server() as server:
        yield AlertScene(engine, server.url, PROCESSES), server


def test_a_storm_is_told_in_a_few_messages_and_every_cause_is_in_one(hooked):
    duty, server = hooked
    duty.rules = {
        "all": duty.rules["all"].model_validate(
            duty.rules["all"].model_dump() | {"throttle": {"at_most": 4, "every": "PT1H"}}
        )
    }
    reasons = [f"reason_{n}" for n in range(30)]
    duty.answer("parse", "frames_in_sync", "failed",
                *(make_evidence(n, reason=reason) for n, reason in enumerate(reasons)))  # fmt: skip
    duty.round()
    assert len(server.got) == 4
    told = "".join(each["title"] + each["message"] for each in server.got)
    assert all(f"parse: {reason} " in told for reason in reasons)
    assert message_queue.find_due(duty.engine) == []


def test_what_the_time_of_a_tick_does_not_allow_goes_out_in_the_next(hooked, monkeypatch):
    duty, server = hooked
    duty.answer(
        "parse", "frames_in_sync", "failed", make_evidence(1), make_evidence(2, reason="crc_error")
    )
    monkeypatch.setattr(delivery, "BUDGET_S", -1.0)
    duty.round()
    assert server.got == []
    monkeypatch.setattr(delivery, "BUDGET_S", 25.0)
    duty.round(timedelta(minutes=1))
    assert len(server.got) == 2
