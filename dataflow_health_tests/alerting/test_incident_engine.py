from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting import incident_engine
from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.storage.records import audit_log, message_queue
from dataflow_health.storage.records import incidents as storage
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health_tests.alerting.alert_servers import (
    AlertScene,
    Receiver,
    make_evidence,
    web_server,
)
from dataflow_health_tests.health.factories import asset_check, live_check, make_process

ANNA = Operator("anna", "cli@ops")
TICKET = "https://tickets.example/7"
PROCESSES = {
    "parse": make_process(
        checks=[asset_check("frames_in_sync"), asset_check("clock", severity="warning")],
        after=[],
    ),
    "load": make_process(after=["parse"], checks=[asset_check("rows_landed")]),
    "database": make_process(external=True, before=["load"], checks=[live_check()]),
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with web_server() as server:
        yield server


@pytest.fixture
def duty(engine: Engine, receiver: Receiver) -> AlertScene:
    return AlertScene(engine, receiver.url, PROCESSES)


def opened(duty):
    return storage.find(duty.engine, is_open=True)


def test_one_bad_recording_is_one_incident_and_one_message(duty, receiver):
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    duty.round()
    assert receiver.titles == ["[FAILED] parse: no_sync on HB-ZAC"]
    assert [(each.process, each.failures) for each in opened(duty)] == [("parse", 1)]


def test_a_second_bad_recording_joins_and_sends_nothing(duty, receiver):
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    duty.answer(
        "parse", "frames_in_sync", "failed", make_evidence(1), make_evidence(2, tail="HB-ZAD")
    )
    duty.round()
    (incident,) = opened(duty)
    assert (incident.failures, incident.tails) == (2, ("HB-ZAC", "HB-ZAD"))
    assert len(receiver.got) == 1


def test_another_cause_is_another_incident(duty, receiver):
    duty.answer(
        "parse",
        "frames_in_sync",
        "failed",
        make_evidence(1),
        make_evidence(2, reason="wrong_frame_rate"),
    )
    duty.round()
    assert sorted(each.cause for each in opened(duty)) == ["no_sync", "wrong_frame_rate"]
    assert len(receiver.got) == 2


def test_recovery_is_told_once_with_its_duration(duty, receiver):
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round(timedelta(minutes=80))
    duty.answer("parse", "frames_in_sync", "passed")
    duty.round()
    duty.round()
    assert receiver.titles[1:] == ["[RECOVERED] parse: no_sync after 1 h 20 min"]
    assert opened(duty) == []


def test_a_live_check_must_fail_twice_and_its_victims_send_nothing(duty, receiver):
    duty.answer("database", "answers", "failed", day=None)
    duty.round()
    assert receiver.titles == []
    duty.answer("database", "answers", "failed", day=None)
    duty.round()
    assert receiver.titles == ["[FAILED] database: failed"]
    (incident,) = opened(duty)
    assert [held.process for held in incident.blocked] == ["load"]


def test_a_stale_answer_neither_opens_nor_closes(duty, receiver):
    for _ in range(2):
        duty.answer("database", "answers", "failed", day=None)
        duty.round()
    duty.answer("database", "answers", "passed", day=None)
    duty.round(timedelta(hours=1))
    duty.round()
    assert len(opened(duty)) == 1


def test_a_flapping_link_is_one_notice(duty, receiver):
    for number in range(20):
        outcome = "failed" if number // 2 % 2 else "passed"
        duty.answer("database", "answers", outcome, day=None)
        duty.round(timedelta(seconds=20))
    kinds = [title.partition("]")[0] for title in receiver.titles]
    assert kinds.count("[UNSTABLE") == 1
    assert len(kinds) <= 5


def test_a_channel_that_is_away_gets_the_message_when_it_is_back(duty, receiver):
    receiver.status = 503
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    for _ in range(3):
        duty.round()
    (waiting,) = message_queue.find_due(duty.engine)
    assert waiting.attempts == 3
    assert waiting.error
    receiver.status = 200
    for _ in range(3):
        duty.round(timedelta(minutes=4))
    assert receiver.titles == ["[FAILED] parse: no_sync on HB-ZAC"]
    assert message_queue.find_due(duty.engine) == []


def test_what_ended_while_the_channel_was_away_is_told_whole_in_one_message(duty, receiver):
    receiver.status = 503
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    duty.answer("parse", "frames_in_sync", "passed")
    duty.round()
    receiver.status = 200
    duty.round(timedelta(minutes=30))
    duty.round()
    assert receiver.titles == ["[RECOVERED] parse: no_sync after 1 min"]


def test_a_channel_set_later_hears_of_what_is_open(duty, receiver):
    rules, duty.rules = duty.rules, {}
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    duty.rules = rules
    duty.round()
    assert receiver.titles == ["[FAILED] parse: no_sync on HB-ZAC"]


def test_rules_without_a_set_channel_are_left_out(duty):
    assert incident_engine.configured_rules(duty.rules, {}) == {}
    assert incident_engine.configured_rules(duty.rules, {"PHONE": "json://x"}) == duty.rules


def test_an_operator_acts_and_the_audit_says_so(duty, receiver):
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    number, now = opened(duty)[0].id, duty.now
    incident_engine.acknowledge(duty.engine, number, ANNA, note="mine", now=now)
    until = now + timedelta(hours=1)
    incident_engine.mute(duty.engine, number, ANNA, note="", until=until, ticket=TICKET, now=now)
    incident_engine.unmute(duty.engine, number, ANNA, note="", now=now)
    done = incident_engine.resolve(
        duty.engine, number, ANNA, how="false_alarm", note="bench", now=now
    )
    assert done.state == "resolved"
    told = [(row.action, row.subject) for row in audit_log.read(duty.engine)]
    assert told == [
        (action, f"incident {number}") for action in ("resolve", "unmute", "mute", "acknowledge")
    ]


def test_a_refused_action_changes_nothing(duty):
    with pytest.raises(NotFound):
        incident_engine.acknowledge(duty.engine, 99, ANNA, note="", now=duty.now)
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    number = opened(duty)[0].id
    with pytest.raises(NotAllowed):
        incident_engine.mute(
            duty.engine, number, ANNA, note="", until=duty.now, ticket=TICKET, now=duty.now
        )
    assert opened(duty)[0].state == "open"
    assert audit_log.read(duty.engine) == []


def test_a_mute_is_silent_until_it_expires(duty, receiver):
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    number, until = opened(duty)[0].id, duty.now + timedelta(hours=2)
    incident_engine.mute(
        duty.engine, number, ANNA, note="", until=until, ticket=TICKET, now=duty.now
    )
    duty.round(timedelta(hours=1))
    duty.round(timedelta(hours=2))
    assert len(receiver.got) == 1
    duty.round()
    duty.round()
    assert receiver.titles[1:] == ["[MUTE EXPIRED] parse: no_sync on HB-ZAC"]


def test_what_was_resolved_as_a_false_alarm_stays_so_until_it_grows(duty, receiver):
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    number = opened(duty)[0].id
    incident_engine.resolve(duty.engine, number, ANNA, how="false_alarm", note="", now=duty.now)
    duty.round()
    assert opened(duty) == []
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1), make_evidence(2))
    duty.round()
    assert len(opened(duty)) == 1


def test_two_looks_at_once_open_a_cause_once(duty, receiver):
    import threading

    from dataflow_health_tests.alerting.alert_servers import update_incidents

    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    threads = [threading.Thread(target=update_incidents, args=(duty,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(storage.find(duty.engine)) == 1
