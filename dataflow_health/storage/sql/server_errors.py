"""Errors of a database as reasons that an operator understands: what happened and what to do."""

import re

from sqlalchemy.exc import DBAPIError, OperationalError

from dataflow_health import masking

_REASONS = {
    "57014": (
        "a statement took longer than DATAFLOW_HEALTH_DATABASE_STATEMENT_S allows and was "
        "cancelled: see pg_stat_activity for what makes the server slow, or allow more"
    ),
    "55P03": (
        "another transaction held a lock for longer than DATAFLOW_HEALTH_DATABASE_LOCK_S allows: "
        "see pg_blocking_pids() for whose it is, or allow more"
    ),
    "25P03": (
        "a transaction paused for longer than DATAFLOW_HEALTH_DATABASE_IDLE_S allows, and the "
        "server ended it"
    ),
    "40P01": "two transactions waited for each other and the server ended this one; run it again",
    "53300": (
        "the server has no free connection: raise its max_connections, or lower "
        "DATAFLOW_HEALTH_DATABASE_CONNECTIONS"
    ),
    "53100": "the server's disk is full: free space there",
    "57P01": "the server was shut down",
    "57P02": "the server crashed and starts again",
    "57P03": "the server is starting or shutting down",
    "42P01": "its tables do not exist yet: any command of dataflow-health creates them",
}
"""Reason by SQLSTATE (PostgreSQL, appendix A)."""

_UNDEFINED_COLUMN = "42703"
_OLDER = "the schema may be older than this version: dataflow-health ledger brings it up to date"

_NOT_CONNECTED = (
    ("too many clients|remaining connection slots", "53300"),
    ("is starting up|is shutting down", "57P03"),
)
"""A refused connection has no SQLSTATE: psycopg has its text only."""


def reason(error: DBAPIError) -> str | None:
    """Why a database did not do what it was asked to; None for a mistake in a statement."""
    state = getattr(error.orig, "sqlstate", None) or _state_by_text(str(error.orig))
    line = _first_line(error)
    if state in _REASONS:
        return _REASONS[state] if state == "42P01" else f"{_REASONS[state]} ({line})"
    if state == _UNDEFINED_COLUMN or line.startswith("no such column"):
        return f"{_OLDER} ({line})"
    if isinstance(error, OperationalError):
        return line
    return f"connection lost ({line})" if error.connection_invalidated else None


def _state_by_text(said: str) -> str:
    return next((state for words, state in _NOT_CONNECTED if re.search(words, said)), "")


def _first_line(error: DBAPIError) -> str:
    lines = str(error.orig).strip().splitlines()
    return masking.mask(lines[0]) if lines else type(error.orig).__name__
