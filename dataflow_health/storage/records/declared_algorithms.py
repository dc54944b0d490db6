"""Declared algorithms in the ledger, so that every reader compares answers with the same ones."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch, upsert


def replace(engine: Engine, versions: Mapping[str, str], at: datetime) -> None:
    """Replaces the declared algorithms; an unchanged version keeps its time.

    Args:
        engine: Database of the ledger.
        versions: Present version of every declared algorithm.
        at: Time at which the configuration was read, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.declared_algorithm
    with writing(engine) as connection:
        removed = _save_changed(connection, versions, at)
        if removed:
            connection.execute(delete(table).where(table.c.name.in_(removed)))


def add(engine: Engine, versions: Mapping[str, str], at: datetime) -> None:
    """As :func:`replace`, but removes none: a command may see fewer YAML files than the daemon.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        _save_changed(connection, versions, at)


def names(engine: Engine) -> frozenset[str]:
    """Names of the declared algorithms.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.declared_algorithm
    return frozenset(row.name for row in fetch(engine, select(table.c.name)))


def _save_changed(connection: Connection, versions: Mapping[str, str], at: datetime) -> set[str]:
    """Saves new and changed versions; returns the names of saved algorithms that have none."""
    table = tables.declared_algorithm
    saved = {row.name: row.version for row in connection.execute(select(table))}
    changed = [
        {"name": name, "version": version, "declared_at": at}
        for name, version in versions.items()
        if saved.get(name) != version
    ]
    upsert(connection, table, changed)
    return saved.keys() - versions.keys()
