"""Escapes text for Mermaid, so that no name or message is taken for syntax.

Entities are Mermaid's own, such as ``#35;``.
"""

import hashlib
import json
import re
import unicodedata
from urllib.parse import quote, urlsplit

PLAIN_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""Names used unchanged in an id: no double and no trailing underscore."""

LABEL_CHARACTERS = frozenset(" .,:-_/()+=!?~'")
"""Characters, besides letters and digits, that need no entity in a quoted label."""

ANGLE_BRACKETS = str.maketrans("<>", "‹›")  # noqa: RUF001
"""Keeps a limit such as ``>= 99`` readable where Mermaid knows no entities."""

PLAIN_CHARACTERS = LABEL_CHARACTERS | frozenset("‹›%…")  # noqa: RUF001
"""Characters, besides letters and digits, that are kept where Mermaid knows no entities."""


def escape_label(text: str, max_length: int = 60) -> str:
    """Escapes text for a quoted label: one line, at most ``max_length`` characters, not empty."""
    line = single_line(text, max_length) or "(blank)"
    return "".join(c if c.isalnum() or c in LABEL_CHARACTERS else f"#{ord(c)};" for c in line)


def escape_plain(text: str, max_length: int = 240) -> str:
    """Escapes text for titles, descriptions and tooltips, where Mermaid knows no entities."""
    line = single_line(text, max_length).translate(ANGLE_BRACKETS)
    return " ".join(
        "".join(c if c.isalnum() or c in PLAIN_CHARACTERS else " " for c in line).split()
    )


def single_line(text: str, max_length: int) -> str:
    """Joins text to one line without invisible characters, cut with an ellipsis."""
    visible = "".join(" " if _is_invisible(c) else c for c in text[: 4 * max_length])
    line = re.sub(r"([$%])(?=\1)", r"\1 ", " ".join(visible.split()))  # formula, comment
    return line if len(line) <= max_length else f"{line[: max_length - 1].rstrip()}…"


def node_id(prefix: str, *names: str) -> str:
    """Id that is unique for its names, and readable if the names are plain."""
    if all(PLAIN_NAME.fullmatch(name) for name in names):
        return f"{prefix}_{'__'.join(names)}"
    digest = hashlib.sha256(json.dumps(names).encode())
    return f"{prefix}x_{digest.hexdigest()[:16]}"


def asset_url(base_url: str, key: str, check: str = "", *, day: str = "") -> str:
    """URL of an asset, of one of its checks, or of one of its days, in Dagster's UI.

    Raises:
        ValueError: ``base_url`` is not an http or https URL.
    """
    if urlsplit(base_url).scheme not in ("http", "https") or not urlsplit(base_url).hostname:
        raise ValueError(f"{base_url!r} is not an http or https URL such as http://localhost:3000")
    base = quote(base_url.rstrip("/"), safe=":/@[]?&=%~+,-._")
    page = f"{base}/assets/{quote(key, safe='/')}"
    if day:
        return f"{page}?view=partitions&partition={quote(day, safe='')}"
    return f"{page}?view=checks&checkDetail={quote(check, safe='')}" if check else page


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ"
