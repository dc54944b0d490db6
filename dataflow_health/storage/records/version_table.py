"""Tables of declared versions: a key, its version, and when this version was first seen."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, Table, delete, select, tuple_

from dataflow_health.storage.sql.statements import upsert

Key = tuple[str, ...]
"""Values of the primary key of one row."""


def save_changed(
    connection: Connection, table: Table, versions: Mapping[Key, str], at: datetime
) -> set[Key]:
    """Saves new and changed versions; returns the keys of saved rows that are not given.

    Args:
        connection: An open transaction.
        table: The table, with columns ``version`` and ``declared_at``.
        versions: Present version of every key.
        at: Time at which the configuration was read, UTC.
    """
    names = [column.name for column in table.primary_key]
    rows = connection.execute(select(*table.primary_key, table.c.version))
    saved = {tuple(key): version for *key, version in rows}
    changed = [
        dict(zip(names, key, strict=True)) | {"version": version, "declared_at": at}
        for key, version in versions.items()
        if saved.get(key) != version
    ]
    upsert(connection, table, changed)
    return saved.keys() - versions.keys()


def remove(connection: Connection, table: Table, keys: Collection[Key]) -> None:
    """Removes rows by their keys."""
    if keys:
        columns = tuple_(*table.primary_key)
        connection.execute(delete(table).where(columns.in_(sorted(keys))))
