"""Digest of a recording's recorder and layout, by which a code version belongs to one of them."""

from hashlib import sha256


def kind_digest(recorder_name: str, layout_name: str | None) -> str:
    """Eight hex digits for a recorder and a layout, or for a recorder without one."""
    return sha256(f"{recorder_name}\n{layout_name or ''}".encode()).hexdigest()[:8]
