"""Text made safe for Mermaid: whatever a name or message holds, it stays a name or message.

Entities are Mermaid's own, ``#35;``. Not here: what is drawn.
"""

import hashlib
import json
import re
import unicodedata
from urllib.parse import quote, urlsplit

PLAIN = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""Names that stand in an id as they are: no double and no trailing underscore."""

SAFE = frozenset(" .,:-_/()+=!?~'")
"""Beside letters and digits, what stays itself inside a quoted label."""

ANGLES = str.maketrans("<>", "‹›")  # noqa: RUF001
"""A limit such as ``>= 99`` must still be one where there are no entities."""

SAFE_PLAIN = SAFE | frozenset("‹›%…")  # noqa: RUF001
"""The same as :data:`SAFE` where there are no entities."""


def label(text: str, most: int = 60) -> str:
    """Text for a quoted label: one line, at most ``most`` characters, never empty."""
    one = line(text, most) or "(blank)"
    return "".join(c if c.isalnum() or c in SAFE else f"#{ord(c)};" for c in one)


def plain(text: str, most: int = 240) -> str:
    """Text for where Mermaid knows no entities (title, description, tooltip): less is kept."""
    one = line(text, most).translate(ANGLES)
    return " ".join("".join(c if c.isalnum() or c in SAFE_PLAIN else " " for c in one).split())


def line(text: str, most: int) -> str:
    """One line without control, format and other invisible characters, cut with an ellipsis."""
    visible = "".join(" " if _is_invisible(c) else c for c in text[: 4 * most])
    one = re.sub(r"([$%])(?=\1)", r"\1 ", " ".join(visible.split()))  # formula, comment
    return one if len(one) <= most else f"{one[: most - 1].rstrip()}…"


def node_id(prefix: str, *names: str) -> str:
    """An id that no two different names share, readable for usual names."""
    if all(PLAIN.fullmatch(name) for name in names):
        return f"{prefix}_{'__'.join(names)}"
    digest = hashlib.sha256(json.dumps(names).encode())
    return f"{prefix}x_{digest.hexdigest()[:16]}"


def asset_url(base_url: str, key: str, check: str = "") -> str:
    """The page of an asset, or of one of its checks, in Dagster's UI.

    Raises:
        ValueError: ``base_url`` is no http or https URL.
    """
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise ValueError(f"{base_url!r} is no http or https URL, such as http://localhost:3000")
    base = quote(base_url.rstrip("/"), safe=":/@[]?&=%~+,-._")
    page = f"{base}/assets/{quote(key, safe='/')}"
    return f"{page}?view=checks&checkDetail={quote(check, safe='')}" if check else page


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ"
