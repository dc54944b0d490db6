"""Versions of algorithms that made findings, whether they are declared now or not.

Each costs one step of an index: the run after the last version is looked up, not every run read.
"""

from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    Column,
    ColumnElement,
    Engine,
    FromClause,
    ScalarSelect,
    and_,
    func,
    literal_column,
    null,
    select,
)

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


def _next(column: Column[str], before: CTE | None = None) -> ColumnElement[str]:
    """A column of the first run with findings after another, in the order of the index.

    Of the same algorithm, else of the next one: SQLite uses but the first column of a comparison of
    pairs, and would read all runs of the algorithm.
    """
    run = tables.algorithm_run.alias()
    if before is None:
        return _first(run, column)
    is_same = and_(run.c.algorithm == before.c.algorithm, run.c.version > before.c.version)
    is_later = run.c.algorithm > before.c.algorithm
    steps = (_first(run, column, each).correlate(before) for each in (is_same, is_later))
    return func.coalesce(*steps)


def _first(
    run: FromClause, column: Column[str], *conditions: ColumnElement[bool]
) -> ScalarSelect[Any]:
    return (
        select(run.c[column.name])
        .where(run.c.findings > literal_column("0"), *conditions)
        .order_by(run.c.algorithm, run.c.version)
        .limit(1)
        .scalar_subquery()
    )
