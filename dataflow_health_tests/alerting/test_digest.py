from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.alerting import delivery, digest, incident_engine
from dataflow_health.health.alert_rule import AlertRule
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health_tests.alerting.alert_servers import (
    CHANNEL,
    AlertScene,
    make_evidence,
    web_server,
)
from dataflow_health_tests.alerting.test_incident_engine import PROCESSES
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import recordings, refuse

ANNA = Operator("anna", "cli@ops")
DAILY = {"daily": AlertRule(describes="Daily.", channels=(CHANNEL,), digest_at="06:00")}


def text(engine, now):
    return digest.digest_message(
        digest.collect_digest(engine, now), {"parse": "team:decoding"}
    ).text


def test_what_can_never_succeed_is_in_it_every_day_with_age_and_owner(engine: Engine):
    refuse(engine, recordings(engine, 1))
    for days in (1, 9, 200):
        told = text(engine, NOON + timedelta(days=days))
        assert f"no_sync, {days} d old, owner team:decoding" in told


def test_what_was_resolved_and_still_fails_is_never_silent(engine: Engine):
    duty = AlertScene(engine, "", PROCESSES)
    duty.rules = {}
    duty.answer("parse", "frames_in_sync", "failed", make_evidence(1))
    duty.round()
    incident_engine.resolve(engine, 1, ANNA, how="false_alarm", note="", now=duty.now)
    duty.round(timedelta(days=3))
    assert "resolved as false_alarm by anna, but it still fails" in text(engine, duty.now)


def test_a_quiet_day_says_so(engine: Engine):
    assert text(engine, NOON) == "  Nothing is open and nothing waits.\n"


def test_it_is_due_once_a_day_from_its_hour_on(engine: Engine):
    early, noon = NOON.replace(hour=5), NOON
    assert digest.schedule_digests(engine, DAILY, early) == ()
    assert len(digest.schedule_digests(engine, DAILY, noon)) == 1
    assert digest.schedule_digests(engine, DAILY, noon + timedelta(hours=11)) == ()
    assert digest.schedule_digests(engine, DAILY, noon + timedelta(hours=13)) == ()
    assert len(digest.schedule_digests(engine, DAILY, noon + timedelta(days=1))) == 1


def test_its_hour_is_of_its_own_zone():
    rule = DAILY["daily"].model_copy(update={"zone": "Pacific/Auckland"})
    evening = NOON.replace(hour=17, minute=30)
    assert digest.due_day(rule, evening) == evening.date() + timedelta(days=1)


def test_it_goes_out_as_a_message(engine: Engine):
    with web_server() as server:
        duty = AlertScene(engine, server.url, PROCESSES)
        digest.schedule_digests(engine, DAILY, NOON)
        delivery.deliver(engine, duty.post(), NOON)
    assert server.titles == ["[DIGEST] 2026-11-20: 0 open, 0 in quarantine, 0 ended"]
