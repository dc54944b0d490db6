"""Proof of the findings' counts against a count of every finding, a month at a time.

They are kept by the program that loads results: other SQL that changes findings does not change
them.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select, text

from dataflow_health.storage.records import finding_counts
from dataflow_health.storage.records.finding_counts import CountKey
from dataflow_health.storage.sql import server_limits, tables
from dataflow_health.storage.sql.database import snapshot, writing

_count = tables.finding_count


def wrong_months(engine: Engine) -> list[str]:
    """Months of which a count differs from a count of every finding, oldest first.

    Empty stands for findings without a time.

    Raises:
        DatabaseError: The database does not answer.
    """
    with snapshot(engine) as connection:
        server_limits.lift(connection)
        return [m for m in _months(connection) if _kept(connection, m) != _counted(connection, m)]


def repair(engine: Engine) -> list[str]:
    """Sets counts that differ right; returns their months, oldest first.

    Programs that load results wait meanwhile, but only when there is something to set right.

    Raises:
        DatabaseError: The database does not answer.
    """
    found = wrong_months(engine)
    for month in found:
        with writing(engine) as connection:
            server_limits.lift(connection)
            if connection.dialect.name == "postgresql":
                connection.execute(text("LOCK TABLE finding_count IN SHARE ROW EXCLUSIVE MODE"))
            counted = _counted(connection, month)
            connection.execute(delete(_count).where(_count.c.month == month))
            rows = [{**key._asdict(), "number": number} for key, number in counted.items()]
            if rows:
                connection.execute(insert(_count), rows)
    return found


def _months(connection: Connection) -> list[str]:
    """Every month that has findings or counts of some."""
    counts = set(connection.execute(select(_count.c.month).distinct()).scalars())
    return sorted(counts | {""} | set(_months_of_findings(connection)))


def _months_of_findings(connection: Connection) -> Iterator[str]:
    """One step in the index for each month that has findings."""
    start_at = tables.finding.c.start_at
    following = select(start_at).order_by(start_at).limit(1)
    found: datetime | None = connection.execute(following.where(start_at.is_not(None))).scalar()
    while found:
        month = finding_counts.month(found)
        yield month
        _, end = finding_counts.span(month)
        found = connection.execute(following.where(start_at >= end)).scalar()


def _kept(connection: Connection, month: str) -> dict[CountKey, int]:
    of_month = select(_count).where(_count.c.month == month, _count.c.number != 0)
    return {CountKey(*key): number for *key, number in connection.execute(of_month)}


def _counted(connection: Connection, month: str) -> dict[CountKey, int]:
    return dict(finding_counts.of_month(connection, month))
