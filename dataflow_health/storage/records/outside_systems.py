"""What other programs run, as their collectors last found it: one row a check."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, delete, select

from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch, upsert
from dataflow_health.storage.sql.tables import outside_system

Key = tuple[str, str]
"""Process and check."""


class OutsideSystemRow(NamedTuple):
    """One system.

    Attributes:
        process: Name of the process.
        check: Name of its check.
        kind: Kind of the check.
        asked_at: When it was last asked.
        error: Why it could not be described then; empty when it was.
        described_at: When it was last described; None when it never was.
        description: What it ran then, as JSON; empty when it never was described.
    """

    process: str
    check: str
    kind: str
    asked_at: datetime
    error: str
    described_at: datetime | None
    description: str


def read(engine: Engine) -> tuple[OutsideSystemRow, ...]:
    """All systems, in order of their names.

    Raises:
        DatabaseError: The database does not answer.
    """
    columns = outside_system.c
    found = fetch(engine, select(outside_system).order_by(columns.process, columns.check))
    return tuple(
        OutsideSystemRow(
            row.process, row.check, row.kind, row.asked_at,
            row.error, row.described_at, row.description or "",
        )
        for row in found
    )  # fmt: skip


def save_description(
    engine: Engine, key: Key, kind: str, description: str, asked_at: datetime
) -> None:
    """Replaces the description of a system.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = {"error": "", "described_at": asked_at, "description": description}
    _save(engine, key, {"kind": kind, "asked_at": asked_at, **found})


def save_error(engine: Engine, key: Key, kind: str, error: str, asked_at: datetime) -> None:
    """Notes why a system could not be described; the last description stays.

    Raises:
        DatabaseError: The database does not answer.
    """
    _save(engine, key, {"kind": kind, "asked_at": asked_at, "error": error})


def keep_only(engine: Engine, keys: Iterable[Key]) -> None:
    """Removes systems whose check is not declared any more.

    Raises:
        DatabaseError: The database does not answer.
    """
    gone = [(row.process, row.check) for row in read(engine)]
    kept = set(keys)
    columns = outside_system.c
    for process, check in (key for key in gone if key not in kept):
        with writing(engine) as connection:
            connection.execute(
                delete(outside_system).where(columns.process == process, columns.check == check)
            )


def _save(engine: Engine, key: Key, values: dict[str, object]) -> None:
    with writing(engine) as connection:
        upsert(connection, outside_system, [{"process": key[0], "check": key[1], **values}])
