"""Limits of connections to PostgreSQL: their number, their age, and how long a statement may wait.

They are parameters of the session, so a statement of a library has them as well. SQLite, which has
no server, has none of them: a writer waits for ``database.SQLITE_BUSY_MS``.
"""

import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import URL, Connection, text

from dataflow_health.settings import Settings

KEPT_OPEN = 5
"""Connections that a pool keeps open; those beyond are closed when they are given back."""

POOL_WAIT_S = 30
"""Longest wait for a connection of the pool."""

RECYCLE_S = 1800
"""Age after which a connection is opened anew: proxies and firewalls end old ones silently."""

CONNECT_S = 5

LONGEST_NAME = 63
"""Bytes of a name that PostgreSQL keeps (NAMEDATALEN - 1)."""

_LOST_AFTER = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server whose machine has gone is noticed within about a minute, not after TCP's two hours.

Seconds, but ``tcp_user_timeout`` in ms (PostgreSQL, "Parameter Key Words" of libpq). They do
nothing on a Unix socket.
"""


class ServerLimits(NamedTuple):
    """Limits of an engine's connections to PostgreSQL; 0 means none for times.

    Attributes:
        connections: Most connections that are open at once.
        statement_s: Longest statement, in seconds.
        lock_s: Longest wait of a statement for a lock of another transaction, in seconds.
        idle_s: Longest pause between two statements of a transaction, in seconds.
    """

    connections: int = 15
    statement_s: float = 300.0
    lock_s: float = 120.0
    idle_s: float = 600.0


def from_settings(settings: Settings) -> ServerLimits:
    """Limits that the settings choose."""
    return ServerLimits(
        connections=settings.database_connections,
        statement_s=settings.database_statement_s,
        lock_s=settings.database_lock_s,
        idle_s=settings.database_idle_s,
    )


def engine_arguments(url: URL, limits: ServerLimits) -> dict[str, Any]:
    """Arguments of SQLAlchemy's ``create_engine`` for a server.

    Args:
        url: URL of the database. Its own ``options`` and ``application_name`` come before ours.
        limits: Limits of the connections.
    """
    kept = min(KEPT_OPEN, limits.connections)
    options = f"{_session_options(limits)} {_given_options(url)}".strip()
    return {
        "pool_pre_ping": True,
        "pool_size": kept,
        "max_overflow": limits.connections - kept,
        "pool_timeout": POOL_WAIT_S,
        "pool_recycle": RECYCLE_S,
        "connect_args": {
            "connect_timeout": CONNECT_S,
            "fallback_application_name": program_name(sys.argv, os.getpid()),
            "options": options,
            **_LOST_AFTER,
        },
    }


def program_name(words: list[str], pid: int) -> str:
    """Name of a process in ``pg_stat_activity``, as ``dataflow-health api 4711``.

    Args:
        words: Command line of the process.
        pid: Its process id.
    """
    program = Path(words[0]).name if words and words[0] else "python"
    if not program.isascii() or program.startswith("-"):
        program = "python"
    command = words[1] if len(words) > 1 and words[1].isidentifier() else ""
    own = f"{program} {command}".strip()
    if "dataflow-health" not in own:
        own = f"dataflow-health: {own}"
    end = f" {pid}"
    return own[: LONGEST_NAME - len(end)] + end


def lift(connection: Connection) -> None:
    """Takes the limits from a transaction: migrations and maintenance last as long as they last."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"))


def _session_options(limits: ServerLimits) -> str:
    given = {
        "statement_timeout": limits.statement_s,
        "lock_timeout": limits.lock_s,
        "idle_in_transaction_session_timeout": limits.idle_s,
    }
    return " ".join(f"-c {name}={round(value * 1000)}" for name, value in given.items())


def _given_options(url: URL) -> str:
    """Options in the URL; they come last, and the last one of a name counts."""
    found = url.query.get("options", "")
    return found if isinstance(found, str) else " ".join(found)
