"""Error messages fit to be shown: one line, no traceback, no secrets."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote, urlsplit

MOST = 300
"""Characters of a message that are kept."""

_PASSWORD_IN_URL = re.compile(r"(://[^\s:/@]*):\S*@")
_SECRET_IN_QUERY = re.compile(
    r"(?i)\b(password|passwd|pwd|token|secret|signature|sig|(?:api|access)[_-]?key)=[^&\s'\"]+"
)
_SECRET_NAME = re.compile(r"(?i)password|passwd|token|secret|key|credential")


def message(error: BaseException, environment: Mapping[str, str]) -> str:
    """What went wrong, in one line.

    A database driver's own words go before SQLAlchemy's, which repeat the statement.
    """
    cause = getattr(error, "orig", None) or error
    first = next((line for line in str(cause).splitlines() if line.strip()), "")
    words = masked(first.strip(), environment)
    name = type(cause).__name__
    line = f"{name}: {words}" if words and name not in words else words or name
    return line if len(line) <= MOST else f"{line[: MOST - 1]}…"


def masked(text: str, environment: Mapping[str, str]) -> str:
    """Text with passwords in URLs, secrets in queries, and secret variables' values starred out."""
    for secret in sorted(_secrets(environment), key=len, reverse=True):
        text = text.replace(secret, "***")
    text = _PASSWORD_IN_URL.sub(r"\1:***@", text)
    return _SECRET_IN_QUERY.sub(r"\1=***", text)


def _secrets(environment: Mapping[str, str]) -> Iterator[str]:
    """Values worth hiding; shorter ones would star out innocent text."""
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
