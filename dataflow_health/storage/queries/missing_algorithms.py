"""Declared algorithms that a code version of analyse did not run.

All recordings that analyse finished with one code version have answers of the same algorithms: one
recording of each shows which. The cost follows the number of code versions, not of recordings.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from dataflow_health.storage.queries.finished_versions import code_versions, example_of
from dataflow_health.storage.records.version_table import Version
from dataflow_health.storage.sql import tables

ANALYSE = "analyse"

Declared = Mapping[str, Version]
"""Version of every declared algorithm, and when it was declared."""

_stage = tables.recording_stage
FINISHED = (_stage.c.stage == ANALYSE, _stage.c.state == "done")
"""Conditions for the recordings that analyse has finished with."""


class MissingAlgorithms(NamedTuple):
    """Algorithms without an answer.

    Attributes:
        declared: Every declared algorithm.
        by_code_version: Names of the missing ones, by code version of analyse that lacks any.
    """

    declared: Declared
    by_code_version: Mapping[str, Sequence[str]]

    def only(self, algorithm: str) -> "MissingAlgorithms":
        """The code versions that lack one algorithm, and this algorithm alone."""
        lacking = {
            code_version: [algorithm]
            for code_version, names in self.by_code_version.items()
            if algorithm in names
        }
        return self._replace(by_code_version=lacking)


def read(connection: Connection, declared: Declared | None = None) -> MissingAlgorithms:
    """The declared algorithms that each code version lacks, in their present version.

    Args:
        connection: A connection with a snapshot.
        declared: What is declared; None for what the ledger has.
    """
    declared = _declared(connection) if declared is None else declared
    missing = {
        code_version: names
        for code_version, answered in _answered(connection).items()
        if (names := [n for n, (version, _) in declared.items() if answered.get(n) != version])
    }
    return MissingAlgorithms(declared, missing)


def _declared(connection: Connection) -> Declared:
    rows = connection.execute(select(tables.declared_algorithm))
    return {row.name: Version(row.version, row.declared_at) for row in rows}


def _answered(connection: Connection) -> Mapping[str, Mapping[str, str]]:
    """Versions of the algorithms that answered, by the code version of the analysis."""
    versions = code_versions(ANALYSE)
    is_example = _stage.c.recording_id == example_of(ANALYSE, versions)
    statement = (
        select(versions.c.code_version, _stage.c.measurements)
        .select_from(versions)
        .join(_stage, is_example & (_stage.c.stage == ANALYSE))
    )
    rows = connection.execute(statement)
    return {code_version: found.get("versions", {}) for code_version, found in rows}
