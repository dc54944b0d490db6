from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from dataflow_health import wiring
from dataflow_health.errors import SourceUnreachable
from dataflow_health.health.notification_policy import Delivery
from dataflow_health.monitoring import departure_schedule, self_checks
from dataflow_health.monitoring.probes.result import NotConfigured, ProbeContext
from dataflow_health.storage.records import incidents
from dataflow_health.storage.sql import database
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.incidents import make_incident
from dataflow_health_tests.storage.ledger.factories import recordings, refuse


@pytest.fixture
def context(tmp_path, engine: Engine, database_url, monkeypatch):
    opened, connect = [], database.connect
    monkeypatch.setattr(database, "connect", lambda url: opened.append(connect(url)) or opened[-1])
    environment = {
        "DATAFLOW_HEALTH_HOME": str(tmp_path),
        "DATAFLOW_HEALTH_DATABASE_URL": database_url,
        "DATAFLOW_HEALTH_ALERT_ON_CALL": "json://127.0.0.1/",
    }
    yield ProbeContext(NOON, 10.0, environment)
    wiring.dependencies.cache_clear()
    for each in opened:
        each.dispose()


def deliver(engine, **more):
    told = {"incident_id": 1, "kind": "opened", "channel": "PHONE", "rule": "all", "due_at": NOON}
    with writing(engine) as connection:
        incidents.keep_deliveries(connection, [Delivery.model_validate(told | more)])


def test_a_message_that_cannot_be_delivered_is_red_and_names_the_channel(engine, context):
    assert self_checks.messages_delivered({}, context).outcome == "passed"
    deliver(engine, attempts=2, error="refused", due_at=NOON + timedelta(minutes=1))
    answer = self_checks.messages_delivered({}, context)
    assert (answer.outcome, "PHONE: refused" in answer.detail) == ("failed", True)


def test_a_message_that_nobody_sends_is_red(engine, context):
    deliver(engine, due_at=NOON - timedelta(minutes=6))
    assert self_checks.messages_delivered({"at_most": "PT5M"}, context).outcome == "failed"
    assert self_checks.messages_delivered({"at_most": "PT1H"}, context).outcome == "passed"


def test_without_any_channel_it_is_not_known_whether_messages_arrive(context):
    silent = ProbeContext(
        NOON, 10.0, {k: v for k, v in context.environment.items() if "ALERT" not in k}
    )
    with pytest.raises(NotConfigured, match="no channel"):
        self_checks.messages_delivered({}, silent)


def test_the_age_of_quarantine_counts_from_the_landing(engine, context):
    assert self_checks.quarantine_age({}, context).detail == "quarantine is empty"
    refuse(engine, recordings(engine, 1))
    later = ProbeContext(NOON + timedelta(days=8), 10.0, context.environment)
    assert self_checks.quarantine_age({"at_most": "P7D"}, later).outcome == "failed"
    assert self_checks.quarantine_age({"at_most": "P9D"}, later).outcome == "passed"


def test_what_comes_and_goes_is_named(engine, context):
    with writing(engine) as connection:
        incidents.keep(connection, make_incident(id=0, flapping=True))
    answer = self_checks.nothing_flaps({}, context)
    assert (answer.outcome, "parse: no_sync" in answer.detail) == ("failed", True)


def test_a_budget_that_burns_is_told_with_its_numbers(engine, context):
    ids = recordings(engine, 40)
    refuse(engine, ids)
    answer = self_checks.budgets_last({"severity": "error"}, context)
    assert answer.outcome == "failed"
    assert "recordings_decoded: 0.00 % of 99 %, 40 of 40 late or refused" in answer.detail


def test_yaml_that_is_wrong_is_told_before_anybody_reloads(tmp_path, context):
    from dataflow_health.errors import ConfigError

    assert self_checks.configuration_loads({}, context).outcome == "passed"
    (tmp_path / "own" / "alerts").mkdir(parents=True)
    (tmp_path / "own" / "alerts" / "bad.yaml").write_text("describes: No channels.\n")
    broken = context.environment | {"DATAFLOW_HEALTH_CONFIG": str(tmp_path / "own")}
    with pytest.raises(ConfigError, match="channels"):
        self_checks.configuration_loads({}, ProbeContext(NOON, 10.0, broken))


def test_an_aircraft_that_departs_soon_must_have_its_answers(tmp_path, engine, context):
    with pytest.raises(NotConfigured, match="no departure is known"):
        self_checks.answered_before_departure({}, context)
    recordings(engine, 3)
    schedule = tmp_path / "schedule.csv"
    schedule.write_text(
        "tail,departs_at\nHB-ZAA,2026-11-20T13:30Z\nHB-ZAA,2026-11-21T13:30Z\n"
        "HB-ZAB,2026-11-20T12:30Z\n"
    )
    known = context.environment | {"DATAFLOW_HEALTH_SCHEDULE_URL": str(schedule)}
    near = self_checks.answered_before_departure(
        {"within": "PT2H"}, ProbeContext(NOON, 10.0, known)
    )
    assert near.outcome == "failed"
    assert "HB-ZAA departs 13:30Z with 3 unanswered" in near.detail
    assert "HB-ZAB" not in near.detail
    far = self_checks.answered_before_departure({"within": "PT1H"}, ProbeContext(NOON, 10.0, known))
    assert far.outcome == "passed"


def test_a_schedule_that_is_none_is_refused_with_what_is_wrong(tmp_path):
    path = tmp_path / "schedule.csv"
    with pytest.raises(SourceUnreachable, match="cannot be read"):
        departure_schedule.read(str(path))
    path.write_text("aircraft,when\nHB-ZAA,now\n")
    with pytest.raises(SourceUnreachable, match="columns aircraft, when; it needs tail"):
        departure_schedule.read(str(path))
    path.write_text("tail,departs_at\nHB-ZAA,soon\n")
    with pytest.raises(SourceUnreachable, match="line 2"):
        departure_schedule.read(str(path))


def test_a_departure_without_zone_is_utc_and_the_past_is_no_departure(tmp_path):
    path = tmp_path / "schedule.csv"
    path.write_text("tail,departs_at\nHB-ZAA,2026-11-20T11:00\nHB-ZAA,2026-11-20T14:00\n")
    assert departure_schedule.next_departures(departure_schedule.read(str(path)), NOON) == {
        "HB-ZAA": datetime(2026, 11, 20, 14, tzinfo=UTC)
    }


def test_without_an_instance_the_sensors_are_not_known(context):
    with pytest.raises(NotConfigured, match="no Dagster instance"):
        self_checks.sensors_tick({}, context)
