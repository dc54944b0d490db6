"""The commands of on-call, over a real ledger: what they say, what they change, how they end."""

import json
import os

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from dataflow_health import wiring
from dataflow_health.cli import main
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.alerting.alert_servers import web_server
from dataflow_health_tests.health.incidents import make_incident
from dataflow_health_tests.storage.ledger.factories import (
    recordings,
    refuse,
    refuse_archive,
    states,
)

TICKET = "https://tickets.example/7"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home whose ledger has two recordings in quarantine and one open incident."""
    for name in [name for name in os.environ if name.startswith("DATAFLOW_HEALTH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    engine = database.connect(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    database.upgrade(engine)
    refuse(engine, recordings(engine, 2))
    with writing(engine) as connection:
        incidents.save(connection, make_incident(id=0))
    yield engine
    wiring.dependencies.cache_clear()
    engine.dispose()


def call(*words, code=0):
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.output


def told(*words, code=0):
    return json.loads(call(*words, "--json", code=code))


def test_a_dry_run_counts_and_changes_nothing(home: Engine):
    output = call("rerun", "--failed", "--dry-run")
    assert "2 things on 2026-11-20. Nothing was changed." in output
    assert set(states(home).values()) == {"quarantined"}
    assert told("audit") == []


def test_archives_whose_names_tell_no_aircraft_are_said_to_be_left_out(home: Engine):
    refuse_archive(home, name="batch.zip")
    choice = ("rerun", "--failed", "--dry-run", "--tail", "HB-ZAA")
    assert "1 unfinished archives are left out" in call(*choice)
    assert "2 things on 2026-11-20" in call(*choice)
    assert told(*choice)["archives_without_tail"] == 1
    assert "left out" not in call("rerun", "--failed", "--dry-run")


def test_a_rerun_must_say_what_it_means(home):
    assert "say --failed" in call("rerun", code=2)
    assert "did you mean parse" in call("rerun", "--failed", "--stage", "pars", code=2)


def test_with_nothing_undone_there_is_nothing_to_run(home):
    assert "Nothing to re-run" in call("rerun", "--failed", "--tail", "HB-ZZZ")


def test_quarantine_is_listed_shown_and_written_off_with_a_reason(home):
    first, second = (each["id"] for each in told("quarantine", "list", code=1))
    shown = told("quarantine", "show", first)
    assert (shown["reason"], shown["stage"], shown["tail"]) == ("no_sync", "parse", "HB-ZAA")
    assert "--reason" in call("quarantine", "write-off", first, code=2)
    done = told("quarantine", "write-off", first, "--reason", "card was wet", "--who", "anna")
    assert done == {"written_off": 1}
    assert [each["id"] for each in told("quarantine", "list", code=1)] == [second]
    assert [each["id"] for each in told("quarantine", "list", "--written-off")] == [first]
    (row,) = told("audit")
    assert (row["operator"], row["action"], row["reason"]) == ("anna", "write_off", "card was wet")
    assert row["origin"].startswith("cli@")


def test_a_replay_puts_it_back_and_may_be_left_to_the_daemon(home):
    (first, _) = (each["id"] for each in told("quarantine", "list", code=1))
    done = told("quarantine", "replay", first, "--no-run", "--reason", "new code")
    assert done == {"replayed": 1, "days": ["2026-11-20"], "refused_again": []}
    assert states(home)[first] == "waiting"
    wrong = ("--no-run", "--reason", "x", "--layout", "generic_twin_257")
    second = told("quarantine", "list", code=1)[0]["id"]
    assert "did you mean generic_twin_256" in call("quarantine", "replay", second, *wrong, code=2)


def test_an_incident_is_listed_shown_and_acknowledged(home):
    assert [each["state"] for each in told("incident", "list", code=1)] == ["open"]
    assert "dataflow-health rerun --failed --stage parse" in call("incident", "show", 1)
    assert "is acknowledged by anna" in call("incident", "ack", 1, "--who", "anna")
    assert "resolved as false_alarm by anna" in call(
        "incident", "resolve", 1, "--as", "false_alarm", "--who", "anna"
    )
    assert told("incident", "list") == []
    assert "there is no incident 9" in call("incident", "ack", 9, code=2)


def test_a_mute_wants_an_end_and_a_ticket(home):
    assert "--ticket" in call("incident", "mute", 1, "--for", "PT1H", code=2)
    assert "--for or --until" in call("incident", "mute", 1, "--ticket", TICKET, code=2)
    assert "PT4H or P2D" in call("incident", "mute", 1, "--ticket", TICKET, "--for", "4h", code=2)
    muted = told("incident", "mute", 1, "--ticket", TICKET, "--for", "PT4H")
    assert (muted["state"], muted["mute_ticket"]) == ("muted", TICKET)
    assert "is open" in call("incident", "unmute", 1)


def test_a_test_message_goes_to_every_channel_that_is_set(home, monkeypatch):
    with web_server() as server:
        monkeypatch.setenv("DATAFLOW_HEALTH_ALERT_ON_CALL", server.url)
        found = told("alert", "test", "--rule", "on_call", code=1)
    assert server.titles == ["[TEST] Dataflow Health"]
    assert found["DATAFLOW_HEALTH_ALERT_ON_CALL"] == {"sent": True, "fault": ""}
    assert found["DATAFLOW_HEALTH_ALERT_ESCALATION"]["fault"] == "is not set"
    assert {row["action"] for row in told("audit")} == {"alert_test"}
    assert "no alert rule 'x'" in call("alert", "test", "--rule", "x", code=2)


def test_the_rules_say_which_channels_are_set(home, monkeypatch):
    monkeypatch.setenv("DATAFLOW_HEALTH_ALERT_TEAM", "json://127.0.0.1/")
    assert told("alert", "rules")["team"] == {"DATAFLOW_HEALTH_ALERT_TEAM": True}
    assert told("alert", "rules")["on_call"]["DATAFLOW_HEALTH_ALERT_ON_CALL"] is False


def test_one_round_sends_what_is_due(home, monkeypatch):
    with web_server() as server:
        monkeypatch.setenv("DATAFLOW_HEALTH_ALERT_ON_CALL", server.url)
        assert told("alert", "send")["failed"] == 0
    assert any("parse: no_sync" in title for title in server.titles)


def test_the_digest_hands_over_what_is_open_and_what_waits(home):
    text = call("digest")
    assert "1 open, 2 in quarantine" in text
    handed = told("digest")
    assert (len(handed["open"]), len(handed["quarantine"])) == (1, 2)
