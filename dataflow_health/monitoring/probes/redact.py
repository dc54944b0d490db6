"""Error messages in one line, without traceback and without secrets."""

from collections.abc import Mapping

from dataflow_health import masking

MOST = 300
"""Largest length of a message, characters."""


def message(error: BaseException, environment: Mapping[str, str]) -> str:
    """Message of an error in one line, without secrets.

    An error of SQLAlchemy is replaced by that of the database driver, without the statement.
    """
    cause = getattr(error, "orig", None) or error
    first = next((line for line in str(cause).splitlines() if line.strip()), "")
    text = masking.mask(first.strip(), environment)
    name = type(cause).__name__
    line = f"{name}: {text}" if text and name not in text else text or name
    return line if len(line) <= MOST else f"{line[: MOST - 1]}…"
