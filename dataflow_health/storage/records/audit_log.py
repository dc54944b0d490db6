"""The audit log: who did what, when, why and from which place. Entries are never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, select

from dataflow_health import masking
from dataflow_health.storage.records import audit_chain
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import columns, fetch_as

ACTIONS = (
    "rerun", "rebuild", "replay", "write_off", "acknowledge", "mute", "unmute", "resolve", "reload",
    "alert_test", "judge", "retention", "annotate", "edit_annotation", "delete_annotation",
    "view_save", "view_delete",
)  # fmt: skip
"""Operators' actions that change or send something."""


@dataclass(frozen=True, slots=True)
class Operator:
    """The person or program that performs an action.

    Attributes:
        name: Name of a person or API key.
        origin: Place it acts from: ``cli@host``, ``api@192.0.2.7``, ``dagster@<run id>``.
    """

    name: str
    origin: str


class AuditEntry(NamedTuple):
    """One action of an operator.

    Attributes:
        id: Position in the log.
        at: Time of the action, UTC.
        operator: Name of the person or API key.
        origin: Place it came from, as ``cli@host``.
        action: One of :data:`ACTIONS`.
        subject: What the action was applied to.
        reason: Reason in the operator's words.
        succeeded: Whether it took effect.
    """

    id: int
    at: datetime
    operator: str
    origin: str
    action: str
    subject: str
    reason: str
    succeeded: bool


def append(
    connection: Connection,
    operator: Operator,
    action: str,
    subjects: Sequence[str],
    reason: str,
    at: datetime,
    *,
    succeeded: bool = True,
) -> None:
    """Saves an action in the transaction that performs it, one entry per subject.

    Secrets in reasons and subjects, such as a password in a pasted URL, are not saved.

    Args:
        connection: An open transaction.
        operator: Who performs it.
        action: One of :data:`ACTIONS`.
        subjects: What it is applied to: ``parse/<recording id>``, ``incident 7``.
        reason: Reason in the operator's words.
        at: Time of the action, UTC.
        succeeded: Whether it took effect.
    """
    shared = {
        "at": at,
        "operator": operator.name,
        "origin": operator.origin,
        "action": action,
        "reason": masking.mask(reason),
        "succeeded": succeeded,
    }
    if not subjects:
        return
    rows, before = [], audit_chain.last_hash(connection)
    for subject in subjects:
        row = {**shared, "subject": masking.mask(subject)}
        before = audit_chain.link(before, at, row)
        rows.append({**row, "chain_hash": before})
    connection.execute(insert(tables.audit_log), rows)


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
    """Saves an action that changes nothing else in the database, or that failed.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        append(connection, operator, action, [subject], reason, at, succeeded=succeeded)


def record_reload(engine: Engine, operator: Operator, digest: str, at: datetime) -> bool:
    """Saves that another configuration took effect; False when it is the one saved last.

    Args:
        engine: Database of the ledger.
        operator: What loaded it.
        digest: Hash of the configuration.
        at: Time of the reload, UTC.

    Raises:
        DatabaseError: The database does not answer.
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
    operator: str | None = None,
    subject: str | None = None,
    before_id: int | None = None,
) -> list[AuditEntry]:
    """Entries, newest first.

    Args:
        engine: Database of the ledger.
        limit: Maximum number of entries.
        action: Only this action.
        operator: Only this person or API key.
        subject: Only what was done to this, such as ``incident 7``.
        before_id: Only entries before this one, for the next page.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.audit_log
    statement = select(*columns(AuditEntry, table)).order_by(table.c.id.desc()).limit(limit)
    chosen = {"action": action, "operator": operator, "subject": subject}
    for name, wanted in chosen.items():
        if wanted is not None:
            statement = statement.where(table.c[name] == wanted)
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return fetch_as(AuditEntry, engine, statement)
