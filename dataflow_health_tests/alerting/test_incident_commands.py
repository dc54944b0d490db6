"""Operator actions on stored incidents: the change, its audit entry, and refusals."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health.alerting import incident_commands
from dataflow_health.alerting.sql_incident_store import SqlIncidentStore
from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.health.incident import Streak
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health_tests.alerting.alert_scene import AlertScene, make_evidence

ANNA = Operator("anna", "cli@ops")
TICKET = "https://tickets.example/7"
BAD = ("parse", "frames_in_sync", "failed")


@pytest.fixture
def scene(engine: Engine):
    """A ledger with one open incident; messages are recorded as titles."""
    made = AlertScene(engine, "memory://")
    made.titles = []
    made.send = lambda _url, message: made.titles.append(message.title) or ""
    made.record(*BAD, make_evidence(1))
    made.run_cycle()
    return made


def audited(scene):
    return [(row.action, row.reason) for row in audit_log.read(scene.engine)]


def test_every_action_is_in_the_audit_log(scene):
    (incident,), now = scene.open_incidents(), scene.now
    engine, number, until = scene.engine, incident.id, now + timedelta(hours=1)
    incident_commands.acknowledge(engine, number, ANNA, note="mine", now=now)
    incident_commands.mute(engine, number, ANNA, note="", until=until, ticket=TICKET, now=now)
    incident_commands.unmute(engine, number, ANNA, note="back", now=now)
    resolved = incident_commands.resolve(
        engine, number, ANNA, how="false_alarm", note="bench", now=now
    )
    assert (resolved.state, resolved.note) == ("resolved", "bench")
    assert scene.open_incidents() == []
    assert audited(scene) == [
        ("resolve", "false_alarm: bench"),
        ("unmute", "back"),
        ("mute", f"until {until:%Y-%m-%d %H:%M}Z, {TICKET}"),
        ("acknowledge", "mine"),
    ]
    assert {row.subject for row in audit_log.read(engine)} == {f"incident {number}"}
    assert {row.operator for row in audit_log.read(engine)} == {"anna"}


def test_a_resolution_without_a_note_is_its_own_reason(scene):
    (incident,) = scene.open_incidents()
    incident_commands.resolve(scene.engine, incident.id, ANNA, how="fixed", note="", now=scene.now)
    assert audited(scene) == [("resolve", "fixed")]


def test_a_refused_action_changes_nothing(scene):
    with pytest.raises(NotFound):
        incident_commands.acknowledge(scene.engine, 99, ANNA, note="", now=scene.now)
    (incident,) = scene.open_incidents()
    with pytest.raises(NotAllowed):
        incident_commands.mute(
            scene.engine,
            incident.id,
            ANNA,
            note="",
            until=scene.now,
            ticket=TICKET,
            now=scene.now,
        )
    assert scene.open_incidents() == [incident]
    assert audited(scene) == []


def test_a_muted_incident_sends_nothing_until_the_mute_expires(scene):
    (incident,), until = scene.open_incidents(), scene.now + timedelta(hours=2)
    incident_commands.mute(
        scene.engine, incident.id, ANNA, note="", until=until, ticket=TICKET, now=scene.now
    )
    scene.run_cycle(timedelta(hours=1))
    scene.run_cycle(timedelta(hours=2))
    assert len(scene.titles) == 1
    scene.run_cycle()
    scene.run_cycle()
    assert scene.titles[1:] == ["[MUTE EXPIRED] parse: no_sync on HB-ZAC"]


def test_a_resolved_false_alarm_stays_closed_until_more_fail(scene):
    (incident,) = scene.open_incidents()
    incident_commands.resolve(
        scene.engine, incident.id, ANNA, how="false_alarm", note="", now=scene.now
    )
    scene.run_cycle()
    assert scene.open_incidents() == []
    scene.record(*BAD, make_evidence(1), make_evidence(2))
    scene.run_cycle()
    assert len(scene.open_incidents()) == 1


def test_a_resolved_incident_without_a_streak_gets_one_of_its_check(scene):
    (incident,) = scene.open_incidents()
    with SqlIncidentStore(scene.engine).writing() as stored:
        stored.save_streaks({incident.fingerprint: None})
    incident_commands.resolve(
        scene.engine, incident.id, ANNA, how="false_alarm", note="", now=scene.now
    )
    with SqlIncidentStore(scene.engine).reading() as stored:
        assert stored.streaks() == {
            incident.fingerprint: Streak(
                process="parse", check="frames_in_sync", accepted_failures=1
            )
        }


def test_a_resolution_keeps_the_streak_of_its_check(scene):
    (incident,) = scene.open_incidents()
    with SqlIncidentStore(scene.engine).reading() as stored:
        before = stored.streaks()[incident.fingerprint]
    assert before.failing == 1
    incident_commands.resolve(scene.engine, incident.id, ANNA, how="fixed", note="", now=scene.now)
    with SqlIncidentStore(scene.engine).reading() as stored:
        after = stored.streaks()[incident.fingerprint]
    assert after == before.model_copy(update={"accepted_failures": 1})


def test_a_resolution_accepts_the_severity_of_the_incident(scene):
    (incident,) = scene.open_incidents()
    warning = incident.problem.model_copy(update={"severity": "warning"})
    with SqlIncidentStore(scene.engine).writing() as stored:
        stored.save_incident(incident.model_copy(update={"problem": warning}))
    incident_commands.resolve(scene.engine, incident.id, ANNA, how="other", note="", now=scene.now)
    scene.run_cycle()
    assert [each.problem.severity for each in scene.open_incidents()] == ["error"]
