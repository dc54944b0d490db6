from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from dataflow_health.health.delivery import Delivery
from dataflow_health.storage.records import message_queue
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.monitoring.probes.probing import NOW, probe

CHECK = {"kind": "messages_delivered", "at_most": "PT5M"}
MESSAGE = {"incident_id": 1, "kind": "opened", "channel": "PHONE", "rule": "all", "due_at": NOW}


def deliver(engine: Engine, **given: Any) -> None:
    with writing(engine) as connection:
        message_queue.save(connection, [Delivery.model_validate(MESSAGE | given)])


def test_a_message_that_keeps_failing_names_its_channel(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    assert probe(CHECK, environment).outcome == "passed"
    deliver(engine, attempts=2, error="refused", due_at=NOW + timedelta(minutes=1))
    result = probe(CHECK, environment)
    assert result.outcome == "failed"
    assert result.detail == "messages not delivered (1) = 0 PHONE: refused"


def test_a_message_that_stays_unsent_fails(engine: Engine, environment: Mapping[str, str]) -> None:
    deliver(engine, due_at=NOW - timedelta(minutes=6))
    assert probe(CHECK, environment).outcome == "failed"
    assert probe(CHECK | {"at_most": "PT1H"}, environment).outcome == "passed"


def test_a_message_that_its_throttle_holds_back_is_not_late(
    engine: Engine, environment: Mapping[str, str]
) -> None:
    for minute in range(12):
        at = NOW - timedelta(minutes=minute)
        deliver(engine, incident_id=2 + minute, outcome="sent", settled_at=at)
    deliver(engine, due_at=NOW - timedelta(minutes=6))
    assert probe(CHECK, environment).outcome == "passed"
    assert probe(CHECK, environment, now=NOW + timedelta(minutes=50)).outcome == "failed"


def test_without_any_channel_the_check_is_unknown(environment: Mapping[str, str]) -> None:
    silent = {name: value for name, value in environment.items() if "ALERT" not in name}
    result = probe(CHECK, silent)
    assert (result.outcome, "no channel" in result.detail) == ("unknown", True)
