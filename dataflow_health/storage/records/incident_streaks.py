"""Streaks in SQL: failures and passes in a row of every cause, kept across restarts."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select

from dataflow_health.health.incident import Streak
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, upsert


def read(connection: Connection) -> dict[str, Streak]:
    """All streaks, by fingerprint of their cause."""
    found = connection.execute(select(tables.streak))
    return {row.fingerprint: Streak.model_validate(row.document) for row in found}


def save(connection: Connection, streaks: Mapping[str, Streak | None]) -> None:
    """Saves streaks by fingerprint; None deletes one."""
    table = tables.streak
    values = [
        {"fingerprint": fingerprint, "document": streak.model_dump(mode="json")}
        for fingerprint, streak in streaks.items()
        if streak is not None
    ]
    upsert(connection, table, values)
    for chunk in chunks([name for name, streak in streaks.items() if streak is None]):
        connection.execute(delete(table).where(table.c.fingerprint.in_(chunk)))
