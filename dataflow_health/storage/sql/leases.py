"""Leases: one process at a time does some work; another takes over when it stops renewing.

A lease expires, so a process that hangs or is cut off from the database loses it as one that dies
does. Times are the database's own, so clocks of different machines need not agree.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, or_, select

from dataflow_health.storage.sql.database import reading, writing
from dataflow_health.storage.sql.statements import insert_new
from dataflow_health.storage.sql.tables import lease


def acquire(engine: Engine, name: str, holder: str, *, rank: int, ttl: timedelta) -> bool:
    """Takes or renews a lease; writes only when less than half of its time is left.

    Args:
        engine: Engine of the database.
        name: Name of the lease.
        holder: Name of this process.
        rank: A holder of a lower rank loses the lease at once.
        ttl: How long the lease lasts when it is not renewed.

    Returns:
        Whether this process holds the lease now.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        now = database_time(connection)
        row = connection.execute(select(lease).where(lease.c.name == name)).first()
    if row is not None and row.holder == holder and row.expires_at - now > ttl / 2:
        return True
    is_ours = row is None or row.holder == holder or row.rank < rank
    if row is not None and not is_ours and _is_held(row.expires_at, now, ttl):
        return False
    with writing(engine) as connection:
        return _take(connection, name, holder, rank, ttl)


def release(engine: Engine, name: str, holder: str) -> None:
    """Frees a lease of this process for the next one.

    Raises:
        DatabaseError: The database does not answer; the lease expires by itself then.
    """
    with writing(engine) as connection:
        connection.execute(delete(lease).where(lease.c.name == name, lease.c.holder == holder))


def find_holder(engine: Engine, name: str) -> str:
    """The process that holds a lease; empty when it is free.

    Raises:
        DatabaseError: The database does not answer.
    """
    with reading(engine) as connection:
        now = database_time(connection)
        row = connection.execute(select(lease).where(lease.c.name == name)).first()
    return row.holder if row is not None and row.expires_at > now else ""


def database_time(connection: Connection) -> datetime:
    """The current time of the database, UTC."""
    if connection.dialect.name == "sqlite":
        text: str = connection.execute(
            select(func.strftime("%Y-%m-%d %H:%M:%f", "now"))
        ).scalar_one()
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    now: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return now.astimezone(UTC)


def _is_held(expires_at: datetime, now: datetime, ttl: timedelta) -> bool:
    """Whether a lease lasts; one that lasts for longer is from before the clock was set back."""
    return now < expires_at <= now + 2 * ttl


def _take(connection: Connection, name: str, holder: str, rank: int, ttl: timedelta) -> bool:
    """Takes a lease that is free, ours or of a lower rank; two processes cannot both succeed."""
    now = database_time(connection)
    values = {"name": name, "holder": holder, "rank": rank, "expires_at": now + ttl}
    insert_new(connection, lease, [values])
    may_be_taken = or_(
        lease.c.holder == holder,
        lease.c.expires_at <= now,
        lease.c.expires_at > now + 2 * ttl,  # taken before the clock was set back
        lease.c.rank < rank,
    )
    statement = lease.update().where(lease.c.name == name, may_be_taken).values(**values)
    return connection.execute(statement).rowcount == 1
