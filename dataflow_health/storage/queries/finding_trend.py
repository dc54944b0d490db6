"""Findings and flight hours by month, from their counts: a few rows, however many findings."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import Engine, Select, func, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.month_of import month_of
from dataflow_health.storage.sql.statements import fetch_as
from dataflow_health.storage.sql.views import in_state

Grouping = Literal["algorithm", "tail"]
"""What a trend has a line for."""


@dataclass(frozen=True, slots=True)
class TrendFilter:
    """Findings of a trend.

    Attributes:
        first_month: First UTC month, as ``2026-01``.
        last_month: Last UTC month.
        tail: Aircraft; empty for all.
        algorithm: Name of the algorithm; empty for all.
        severity: Severity; empty for all.
    """

    first_month: str
    last_month: str
    tail: str = ""
    algorithm: str = ""
    severity: str = ""


class MonthNumber(NamedTuple):
    """Number of findings of one algorithm or aircraft in a month."""

    month: str
    name: str
    number: int


class FlownMonth(NamedTuple):
    """Analysed flights of one aircraft in a month."""

    month: str
    tail: str
    flights: int
    flown_s: float


def findings(engine: Engine, chosen: TrendFilter, by: Grouping) -> list[MonthNumber]:
    """Number of findings by month and name, with the dismissed ones.

    Raises:
        DatabaseError: The database does not answer.
    """
    count = tables.finding_count.c
    number = func.sum(count.number)
    statement = select(count.month, count[by], number).group_by(count.month, count[by])
    statement = statement.where(count.month.between(chosen.first_month, chosen.last_month))
    return fetch_as(MonthNumber, engine, _chosen(statement, chosen, count).having(number > 0))


def dismissed(engine: Engine, chosen: TrendFilter, by: Grouping) -> list[MonthNumber]:
    """Number of dismissed findings by month and name.

    By the index of judged findings, which are fewer than the findings of the months.

    Raises:
        DatabaseError: The database does not answer.
    """
    finding = tables.finding
    month = month_of(finding.c.start_at)
    statement = (
        select(month, finding.c[by], func.count())
        .where(*in_state(finding, "dismissed"))
        .where(month.between(chosen.first_month, chosen.last_month))
        .group_by(month, finding.c[by])
    )
    return fetch_as(MonthNumber, engine, _chosen(statement, chosen, finding.c))


def flights(engine: Engine, chosen: TrendFilter) -> list[FlownMonth]:
    """Analysed flights by month and aircraft.

    Raises:
        DatabaseError: The database does not answer.
    """
    flight = tables.analysed_flight.c
    statement = select(flight.month, flight.tail, func.count(), func.sum(flight.flown_s))
    statement = statement.where(flight.month.between(chosen.first_month, chosen.last_month))
    if chosen.tail:
        statement = statement.where(flight.tail == chosen.tail)
    return fetch_as(FlownMonth, engine, statement.group_by(flight.month, flight.tail))


def _chosen(statement: Select[Any], chosen: TrendFilter, columns: Any) -> Select[Any]:  # noqa: ANN401
    for name in ("tail", "algorithm", "severity"):
        value = getattr(chosen, name)
        statement = statement.where(columns[name] == value) if value else statement
    return statement
