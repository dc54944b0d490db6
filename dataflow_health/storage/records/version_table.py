"""Tables of declared versions: a key, its version, and when this version was first seen."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, delete, select, tuple_

from dataflow_health.storage.sql.statements import upsert

Key = tuple[str, ...]
"""Values of the primary key of one row."""
RETURNS_WITHIN = timedelta(minutes=10)
"""A daemon or an API saves its own version again within a minute."""


class Version(NamedTuple):
    """A declared version.

    Attributes:
        version: The version.
        declared_at: When it was first seen, UTC.
    """

    version: str
    declared_at: datetime


def save_changed(
    connection: Connection, table: Table, versions: Mapping[Key, str], at: datetime
) -> set[Key]:
    """Saves new and changed versions; returns the keys of saved rows that are not given.

    A version that comes back within :data:`RETURNS_WITHIN` keeps its time: another process had its
    own for a while.

    Args:
        connection: An open transaction.
        table: The table, with columns ``version``, ``declared_at`` and those of the earlier one.
        versions: Present version of every key.
        at: Time at which the configuration was read, UTC.
    """
    names = [column.name for column in table.primary_key]
    saved = _saved(connection, table)
    changed = [
        dict(zip(names, key, strict=True)) | _change(saved.get(key), version, at)
        for key, version in versions.items()
        if key not in saved or saved[key].version != version
    ]
    upsert(connection, table, changed)
    return saved.keys() - versions.keys()


def compare(
    connection: Connection, table: Table, versions: Mapping[Key, str], at: datetime
) -> dict[Key, Version]:
    """The rows as :func:`save_changed` would leave them; nothing is saved."""
    saved = _saved(connection, table)
    changed = {
        key: Version(version, _change(saved.get(key), version, at)["declared_at"])
        for key, version in versions.items()
        if key not in saved or saved[key].version != version
    }
    kept = {key: Version(row.version, row.declared_at) for key, row in saved.items()}
    return kept | changed


def _saved(connection: Connection, table: Table) -> dict[Key, Row[Any]]:
    names = [column.name for column in table.primary_key]
    rows = connection.execute(select(table))
    return {tuple(row._mapping[name] for name in names): row for row in rows}


def _change(saved: Row[Any] | None, version: str, at: datetime) -> dict[str, Any]:
    """Values of a row whose version becomes another one."""
    earlier = (saved.version, saved.declared_at) if saved else (None, None)
    values = {"version": version, "declared_at": at}
    values |= {"earlier_version": earlier[0], "earlier_declared_at": earlier[1]}
    if saved and saved.earlier_version == version and at - saved.declared_at <= RETURNS_WITHIN:
        values["declared_at"] = saved.earlier_declared_at
    return values


def remove(connection: Connection, table: Table, keys: Collection[Key]) -> None:
    """Removes rows by their keys."""
    if keys:
        columns = tuple_(*table.primary_key)
        connection.execute(delete(table).where(columns.in_(sorted(keys))))
