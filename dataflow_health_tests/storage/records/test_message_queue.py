from datetime import datetime, timedelta

from sqlalchemy import Engine

from dataflow_health.health.delivery import Delivery
from dataflow_health.storage.records import message_queue
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health_tests.factories import NOON


def message(number: int = 1, **changed: object) -> Delivery:
    values = {"incident_id": number, "kind": "opened", "channel": "PHONE", "rule": "all"}
    return Delivery.model_validate({**values, "due_at": NOON, **changed})


def find_due(engine: Engine) -> list[Delivery]:
    with reading(engine) as connection:
        return message_queue.find_due(connection)


def find_sent(engine: Engine, since: datetime) -> list[Delivery]:
    with reading(engine) as connection:
        return message_queue.find_sent(connection, since)


def save(engine: Engine, *messages: Delivery) -> None:
    with writing(engine) as connection:
        message_queue.save(connection, messages)


def test_a_message_is_due_until_it_is_sent(engine: Engine) -> None:
    save(engine, message())
    assert find_due(engine) == [message()]
    assert find_sent(engine, NOON) == []
    done = message(outcome="sent", settled_at=NOON, attempts=1)
    save(engine, done)
    assert find_due(engine) == []
    assert find_sent(engine, NOON) == [done]
    assert find_sent(engine, NOON + timedelta(seconds=1)) == []


def test_a_dropped_message_is_neither_due_nor_sent(engine: Engine) -> None:
    save(engine, message(outcome="dropped", settled_at=NOON))
    assert find_due(engine) == []
    assert find_sent(engine, NOON) == []


def test_messages_are_found_by_incident(engine: Engine) -> None:
    save(engine, message(1), message(1, channel="MAIL"), message(2), message(3))
    with reading(engine) as connection:
        found = message_queue.of_incidents(connection, [1, 2, 9])
    assert {number: len(messages) for number, messages in found.items()} == {1: 2, 2: 1}


def test_a_reminder_is_a_message_of_its_own(engine: Engine) -> None:
    save(engine, message(), message(sequence=1))
    assert len(find_due(engine)) == 2
