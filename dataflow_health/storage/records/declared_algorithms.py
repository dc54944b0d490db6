"""Declared algorithms in the ledger, so that every reader compares answers with the same ones."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, select

from dataflow_health.storage.records import version_table
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch


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
        removed = version_table.save_changed(connection, table, _by_key(versions), at)
        version_table.remove(connection, table, removed)


def add(engine: Engine, versions: Mapping[str, str], at: datetime) -> None:
    """As :func:`replace`, but removes none: a command may see fewer YAML files than the daemon.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        version_table.save_changed(connection, tables.declared_algorithm, _by_key(versions), at)


def names(engine: Engine) -> frozenset[str]:
    """Names of the declared algorithms.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.declared_algorithm
    return frozenset(row.name for row in fetch(engine, select(table.c.name)))


def _by_key(versions: Mapping[str, str]) -> Mapping[version_table.Key, str]:
    return {(name,): version for name, version in versions.items()}
