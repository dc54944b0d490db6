"""Present code versions of parse and store, so that every reader compares with the same ones."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.storage.records import version_table
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing

Versions = Mapping[version_table.Key, str]
"""Code version by stage, recorder and layout; the layout is empty for a recorder without one."""


def replace(engine: Engine, versions: Versions, at: datetime) -> None:
    """Replaces the present versions; an unchanged one keeps its time.

    Args:
        engine: Database of the ledger.
        versions: Present version for every declared recorder and layout.
        at: Time at which the configuration was read, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        removed = version_table.save_changed(connection, tables.declared_version, versions, at)
        version_table.remove(connection, tables.declared_version, removed)


def add(engine: Engine, versions: Versions, at: datetime) -> None:
    """As :func:`replace`, but removes none: a command may see fewer YAML files than the daemon.

    Raises:
        DatabaseError: The database does not answer.
    """
    with writing(engine) as connection:
        version_table.save_changed(connection, tables.declared_version, versions, at)
