"""Text from untrusted sources in the form that every database stores."""

MESSAGE_LIMIT = 2000
"""Characters of a message that the ledger keeps."""


def storable(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Text that every database and terminal takes: UTF-8 without NUL, cut off at a limit."""
    cut = text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)"
    escaped = cut.encode("utf-8", "backslashreplace").decode("utf-8")
    return escaped.replace("\0", "\\x00")
