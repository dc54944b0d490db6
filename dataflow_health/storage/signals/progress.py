"""How far the work on live signals is: one time for each kind of work."""

from sqlalchemy import Connection, select

from dataflow_health.storage.signals.tables import progress
from dataflow_health.storage.sql.statements import upsert

POINTS_FROM = "points_from"
"""From when on every point is kept."""
COMPARED = "compared"
"""When signals were last compared with their limits."""


def read(connection: Connection, name: str) -> int | None:
    """Time of one kind of work, microseconds since 1970; None when it was never done."""
    found: int | None = connection.execute(
        select(progress.c.at_us).where(progress.c.name == name)
    ).scalar()
    return found


def write(connection: Connection, name: str, at_us: int) -> None:
    """Saves the time of one kind of work."""
    upsert(connection, progress, [{"name": name, "at_us": at_us}])
