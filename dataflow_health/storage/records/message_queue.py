"""Message queue in SQL: messages about incidents, due, sent or dropped, by channel."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from dataflow_health.health.delivery import Delivery
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, upsert


def of_incidents(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Delivery]]:
    """All messages about some incidents, by incident."""
    table = tables.delivery
    found: dict[int, list[Delivery]] = defaultdict(list)
    for chunk in chunks(numbers):
        for row in connection.execute(select(table).where(table.c.incident_id.in_(chunk))):
            found[row.incident_id].append(_delivery(row))
    return found


def find_due(connection: Connection) -> list[Delivery]:
    """Messages that wait to be sent."""
    table = tables.delivery
    found = connection.execute(select(table).where(table.c.outcome == "due"))
    return [_delivery(row) for row in found]


def find_sent(connection: Connection, since: datetime) -> list[Delivery]:
    """Messages sent at or after a time."""
    table = tables.delivery
    statement = select(table).where(table.c.outcome == "sent", table.c.settled_at >= since)
    return [_delivery(row) for row in connection.execute(statement)]


def save(connection: Connection, deliveries: Iterable[Delivery]) -> None:
    """Inserts messages, or replaces those with the same incident, kind, sequence and channel."""
    upsert(connection, tables.delivery, [each.model_dump() for each in deliveries])


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery.model_validate(dict(row._mapping))
