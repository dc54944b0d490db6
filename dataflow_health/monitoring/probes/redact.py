"""Error messages in one line, without traceback and without secrets."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

MOST = 300
"""Largest length of a message, characters."""

_PASSWORD_IN_URL = re.compile(r"(://[^\s:/@]*):\S*@")
_SECRET_IN_QUERY = re.compile(
    r"(?i)\b(password|passwd|pwd|token|secret|signature|sig|(?:api|access)[_-]?key)=[^&\s'\"]+"
)
_SECRET_NAME = re.compile(r"(?i)password|passwd|token|secret|key|credential")


def message(error: BaseException, environment: Mapping[str, str]) -> str:
    """Message of an error in one line, without secrets.

    An error of SQLAlchemy is replaced by that of the database driver, without the statement.
    """
    cause = getattr(error, "orig", None) or error
    first = next((line for line in str(cause).splitlines() if line.strip()), "")
    text = masked(first.strip(), environment)
    name = type(cause).__name__
    line = f"{name}: {text}" if text and name not in text else text or name
    return line if len(line) <= MOST else f"{line[: MOST - 1]}…"


def masked(text: str, environment: Mapping[str, str]) -> str:
    """Text with ``***`` for passwords in URLs, secrets in queries and secret variables."""
    for secret in sorted(_secrets(environment), key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _PASSWORD_IN_URL.sub(r"\1:***@", text)
    return _SECRET_IN_QUERY.sub(r"\1=***", text)


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """Secret values of the environment. Very short ones are left out: they match ordinary text."""
    for name, value in environment.items():
        if _SECRET_NAME.search(name) and len(value) >= 6:
            yield value
        password = _password(value)
        if len(password) >= 4:
            yield from {password, unquote(password)}


def _password(value: str) -> str:
    if "://" not in value:
        return ""
    try:
        return urlsplit(value).password or ""
    except ValueError:
        return ""
