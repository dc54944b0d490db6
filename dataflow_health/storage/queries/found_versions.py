"""Versions of algorithms that made findings, whether they are declared now or not.

Each costs one step of an index: the run after the last version is looked up, not every run read.
"""

from typing import Any, NamedTuple

from sqlalchemy import CTE, Column, Engine, ScalarSelect, literal_column, null, select, tuple_

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch_as


class AlgorithmVersion(NamedTuple):
    """One version of an algorithm."""

    algorithm: str
    version: str


def read(engine: Engine) -> list[AlgorithmVersion]:
    """Every version with a finding, by name.

    Raises:
        DatabaseError: The database does not answer.
    """
    run = tables.algorithm_run.c
    names = (run.algorithm, run.version)
    first = select(*(_next(column).label(column.name) for column in names))
    found = first.cte("found", recursive=True)
    following = select(*(_next(column, found) for column in names))
    found = found.union_all(following.where(found.c.algorithm.is_not(null())))
    statement = select(found.c.algorithm, found.c.version).where(found.c.algorithm.is_not(null()))
    return fetch_as(AlgorithmVersion, engine, statement)


def _next(column: Column[str], before: CTE | None = None) -> ScalarSelect[Any]:
    """A column of the first run with findings after another, in the order of the index."""
    run = tables.algorithm_run.alias()
    key = tuple_(run.c.algorithm, run.c.version)
    statement = select(run.c[column.name]).where(run.c.findings > literal_column("0"))
    if before is not None:
        statement = statement.where(key > tuple_(before.c.algorithm, before.c.version))
        statement = statement.correlate(before)
    return statement.order_by(run.c.algorithm, run.c.version).limit(1).scalar_subquery()
