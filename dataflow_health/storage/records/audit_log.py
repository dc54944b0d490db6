"""Every action of an operator: who, when, what, why, from where. Written beside what it changed.

Nothing here is ever changed or deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import columns, fetch_as

ACTIONS = (
    "rerun", "replay", "write_off", "acknowledge", "mute", "unmute", "resolve", "reload",
    "alert_test",
)  # fmt: skip
"""What an operator may do that changes something or sends something."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Who acts.

    Attributes:
        who: A person's or a key's name.
        origin: From where: ``cli@host``, ``api@192.0.2.7``, ``dagster@<run id>``.
    """

    who: str
    origin: str


class AuditEntry(NamedTuple):
    """One action of an operator.

    Attributes:
        id: Position in the log.
        at: Time of the action, UTC.
        who: Name of the person or API key.
        origin: Place it came from, as ``cli@host``.
        action: One of :data:`ACTIONS`.
        subject: What it was done to.
        reason: Reason in the operator's words.
        succeeded: Whether it took effect.
    """

    id: int
    at: datetime
    who: str
    origin: str
    action: str
    subject: str
    reason: str
    succeeded: bool


def write(
    connection: Connection,
    operator: Operator,
    action: str,
    subjects: Sequence[str],
    reason: str,
    at: datetime,
) -> None:
    """Keeps an action in the transaction that does it, one row a subject.

    Args:
        connection: Inside a transaction.
        operator: Who acts.
        action: One of :data:`ACTIONS`.
        subjects: What it is done to: ``parse/<recording id>``, ``incident 7``.
        reason: Why, in the operator's words.
        at: The moment.
    """
    shared = {
        "at": at,
        "who": operator.who,
        "origin": operator.origin,
        "action": action,
        "reason": reason,
        "succeeded": True,
    }
    if subjects:
        values = [{**shared, "subject": subject} for subject in subjects]
        connection.execute(insert(tables.audit), values)


def record(
    engine: Engine,
    operator: Operator,
    action: str,
    subject: str,
    *,
    reason: str,
    at: datetime,
    succeeded: bool = True,
) -> None:
    """Keeps an action that changes nothing else in the database, or that failed."""
    told = {"who": operator.who, "origin": operator.origin, "action": action, "reason": reason}
    with writing(engine) as connection:
        connection.execute(
            insert(tables.audit).values(**told, at=at, subject=subject, succeeded=succeeded)
        )


def note_reload(engine: Engine, operator: Operator, digest: str, at: datetime) -> bool:
    """Keeps that another configuration is in force, once; gives whether it is another.

    Args:
        engine: The ledger's.
        operator: What loaded it.
        digest: Of all that is declared.
        at: The moment.
    """
    known = read(engine, limit=1, action="reload")
    if known and known[0].subject == digest:
        return False
    record(engine, operator, "reload", digest, reason="loaded with the code", at=at)
    return True


def read(
    engine: Engine,
    *,
    limit: int = 100,
    action: str | None = None,
    who: str | None = None,
    before_id: int | None = None,
) -> list[AuditEntry]:
    """Actions, newest first.

    Args:
        engine: The ledger's.
        limit: At most so many.
        action: Only this one.
        who: Only this person's.
        before_id: Only older ones, to page on.
    """
    table = tables.audit
    statement = select(*columns(AuditEntry, table)).order_by(table.c.id.desc()).limit(limit)
    for column, wanted in ((table.c.action, action), (table.c.who, who)):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return fetch_as(AuditEntry, engine, statement)
