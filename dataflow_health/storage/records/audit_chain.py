"""The hash chain of the audit log: each entry's hash covers the entry and the hash before it.

A row that is changed, missing or inserted breaks the chain at its place. A person who can write to
the database can also compute the chain anew, so the newest hash belongs into hands without that
access, such as a ticket or a mailed report: :func:`verify` then finds that it is gone.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine, func, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import Values, fetch

START = "0" * 64
"""Hash before the first entry."""

_FIELDS = ("operator", "origin", "action", "subject", "reason", "succeeded")
_LOCK = int.from_bytes(hashlib.sha256(b"audit chain").digest()[:8], signed=True)
"""PostgreSQL's advisory lock of the end of the chain."""


class ChainReport(NamedTuple):
    """Result of reading the whole chain.

    Attributes:
        entries: Number of entries.
        head: Hash of the newest entry.
        broken_at: Position of the first entry that does not follow from the one before; None if
            all do.
        knows_head: Whether an earlier head that was given is in the chain; True if none was given.
    """

    entries: int
    head: str
    broken_at: int | None
    knows_head: bool

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, removed or inserted, as far as the chain shows."""
        return self.broken_at is None and self.knows_head


def link(before: str, at: datetime, values: Values) -> str:
    """Hash of an entry. Pure.

    Args:
        before: Hash of the entry before.
        at: Time of the entry, UTC.
        values: The other columns.
    """
    covered = [before, at.astimezone(UTC).isoformat(), *(values[name] for name in _FIELDS)]
    return hashlib.sha256(json.dumps(covered).encode()).hexdigest()


def last_hash(connection: Connection) -> str:
    """Hash of the newest entry; no other transaction appends one until this one ends.

    SQLite has one writing transaction at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    table = tables.audit_log
    newest = select(table.c.chain_hash).order_by(table.c.id.desc()).limit(1)
    found: str | None = connection.execute(newest).scalar()
    return found or START


def verify(engine: Engine, known_head: str = "") -> ChainReport:
    """Reads the whole log and checks that each entry follows from the one before.

    Args:
        engine: Database of the ledger.
        known_head: Hash that was the newest at an earlier time.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.audit_log
    before, broken_at, entries = START, None, 0
    knows_head = known_head in ("", START)
    for row in fetch(engine, select(table).order_by(table.c.id)):
        entries += 1
        expected = link(before, row.at, dict(row._mapping))
        if broken_at is None and row.chain_hash != expected:
            broken_at = row.id
        before = row.chain_hash
        knows_head = knows_head or before == known_head
    return ChainReport(entries, before, broken_at, knows_head)
