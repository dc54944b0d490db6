"""Declared algorithms and versions as a command's own YAML files have them, without saving them."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine

from dataflow_health.storage.records import version_table
from dataflow_health.storage.records.version_table import Key, Version
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import snapshot


class PresentDeclarations(NamedTuple):
    """What is declared, each with its version and the time at which that was first seen.

    Attributes:
        algorithms: Algorithms by name.
        stages: Versions of parse and store by stage, recorder and layout.
    """

    algorithms: Mapping[str, Version]
    stages: Mapping[Key, Version]


def compare(
    engine: Engine, algorithms: Mapping[str, str], stages: Mapping[Key, str], at: datetime
) -> PresentDeclarations:
    """What the ledger has declared, with the given versions instead; nothing is saved.

    Args:
        engine: Database of the ledger.
        algorithms: Present version of every algorithm.
        stages: Present versions of parse and store by stage, recorder and layout.
        at: Time at which the configuration was read, UTC.

    Raises:
        DatabaseError: The database does not answer.
    """
    by_key: dict[Key, str] = {(name,): version for name, version in algorithms.items()}
    with snapshot(engine) as connection:
        declared = version_table.compare(connection, tables.declared_algorithm, by_key, at)
        return PresentDeclarations(
            {name: version for (name,), version in declared.items()},
            version_table.compare(connection, tables.declared_version, stages, at),
        )
