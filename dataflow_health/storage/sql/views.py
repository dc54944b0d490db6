"""SQL views for analysts: findings with their judgement, and findings per flight hour by month."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    DDL,
    Column,
    ColumnElement,
    Dialect,
    MetaData,
    Select,
    Subquery,
    Table,
    and_,
    case,
    event,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import ExecutableDDLElement

from dataflow_health.storage.sql.month_of import month_of

S_PER_100_H = 360_000.0
S_PER_H = 3600.0


class View(NamedTuple):
    """A view.

    Attributes:
        name: Its name in the database.
        comment: What a row of it is.
        statement: Its rows.
        descriptions: What columns hold that no table has.
    """

    name: str
    comment: str
    statement: Select[Any]
    descriptions: Mapping[str, str]


def judgement(finding: Table, triage: Table) -> Any:  # noqa: ANN401  (a condition of a join)
    """Condition by which a judgement is of a finding.

    Not by number: another run may number events otherwise.
    """
    return and_(
        triage.c.recording_id == finding.c.recording_id,
        triage.c.algorithm == finding.c.algorithm,
        triage.c.start_s == finding.c.start_s,
        triage.c.detail == finding.c.detail,
        triage.c.severity == finding.c.severity,
    )


def in_state(finding: Table, state: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions of findings that people confirmed or dismissed.

    The second one is that of the index, word for word: SQLite takes a partial index for no other.
    """
    return finding.c.state == state, finding.c.state != literal_column("'new'")


def views(metadata: MetaData) -> tuple[View, ...]:
    """The views over some tables, each after those that it needs."""
    return _judged_finding(metadata), _flight_month(metadata), _finding_rate(metadata)


def create_statement(view: View, dialect: Dialect) -> str:
    """``CREATE VIEW`` in the words of a database."""
    body = view.statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    return f"CREATE VIEW {view.name} AS {body}"


def attach(metadata: MetaData) -> None:
    """Creates the views after the tables, and drops them before."""
    dialects: tuple[Dialect, ...] = (sqlite.dialect(), postgresql.dialect())  # type: ignore[no-untyped-call]
    for view in views(metadata):
        for dialect in dialects:
            text = create_statement(view, dialect).replace("%", "%%")
            made: ExecutableDDLElement = DDL(text)  # type: ignore[no-untyped-call]
            event.listen(metadata, "after_create", made.execute_if(dialect=dialect.name))
    for view in reversed(views(metadata)):
        event.listen(metadata, "before_drop", DDL(f"DROP VIEW IF EXISTS {view.name}"))  # type: ignore[no-untyped-call]


def _judged_finding(metadata: MetaData) -> View:
    finding, triage = metadata.tables["finding"], metadata.tables["finding_triage"]
    statement = select(
        *finding.columns,
        func.coalesce(triage.c.reason, "").label("reason"),
        func.coalesce(triage.c.operator, "").label("operator"),
        triage.c.judged_at,
    ).select_from(finding.outerjoin(triage, judgement(finding, triage)))
    descriptions = {
        "reason": "Reason in the operator's words; empty for a new one",
        "operator": "Who judged it; empty for a new one",
    }
    return View(
        "judged_finding", "Findings, with what people judged of them", statement, descriptions
    )


def _flight_month(metadata: MetaData) -> View:
    flight = metadata.tables["analysed_flight"]
    statement = select(flight.c.month, flight.c.tail, *_flown(flight)).group_by(
        flight.c.month, flight.c.tail
    )
    descriptions = {
        "flights": "Recordings whose results are loaded",
        "flown_h": "Hours in the air of these recordings",
    }
    return View(
        "flight_month", "Analysed flights of each aircraft by month", statement, descriptions
    )


def _flown(flight: Table) -> tuple[Any, Any]:
    flown_h = (func.sum(flight.c.flown_s) / S_PER_H).label("flown_h")
    return func.count().label("flights"), flown_h


def _finding_rate(metadata: MetaData) -> View:
    count = metadata.tables["finding_count"]
    hours, dismissed = _hours(metadata), dismissed_by_month(metadata)
    keys = ("month", "algorithm", "tail", "severity")
    joined = count.outerjoin(
        hours, and_(hours.c.month == count.c.month, hours.c.tail == count.c.tail)
    ).outerjoin(dismissed, and_(*(dismissed.c[key] == count.c[key] for key in keys)))
    number = func.coalesce(dismissed.c.number, 0)
    rate = S_PER_100_H * (count.c.number - number) / hours.c.flown_s
    statement = (
        select(
            *(count.c[key] for key in keys),
            count.c.number.label("findings"),
            number.label("dismissed"),
            hours.c.flights,
            (hours.c.flown_s / S_PER_H).label("flown_h"),
            case((hours.c.flown_s > 0, rate)).label("per_100_h"),
        )
        .select_from(joined)
        .where(count.c.number > 0)
    )
    descriptions = {
        "findings": "Number of findings, with the dismissed ones",
        "dismissed": "Findings that a person dismissed",
        "flights": "Analysed recordings of the aircraft in the month",
        "flown_h": "Hours in the air of these recordings",
        "per_100_h": "Findings per 100 flight hours, without the dismissed ones",
    }
    return View("finding_rate", "Findings per 100 flight hours by month", statement, descriptions)


def _hours(metadata: MetaData) -> Subquery:
    flight = metadata.tables["analysed_flight"]
    flights, flown_s = func.count().label("flights"), func.sum(flight.c.flown_s).label("flown_s")
    grouped = select(flight.c.month, flight.c.tail, flights, flown_s)
    return grouped.group_by(flight.c.month, flight.c.tail).subquery("hours")


def dismissed_by_month(metadata: MetaData) -> Subquery:
    """Number of dismissed findings by month, algorithm, aircraft and severity."""
    finding = metadata.tables["finding"]
    keys: tuple[Column[Any], ...] = (finding.c.algorithm, finding.c.tail, finding.c.severity)
    month = func.coalesce(month_of(finding.c.start_at), "").label("month")
    return (
        select(month, *keys, func.count().label("number"))
        .where(*in_state(finding, "dismissed"))
        .group_by(month, *keys)
        .subquery("dismissed")
    )
