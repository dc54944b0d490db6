"""Writes only what changed: fingerprints, and when a value is due to be written again."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta

Written = Mapping[str, tuple[str, float]]
"""By name: fingerprint of the value last written, and when, in seconds since 1970."""

NEVER = ("", 0.0)


def fingerprint(value: object) -> str:
    """Hash of a value that JSON can hold."""
    return fingerprint_of_text(json.dumps(value))


def fingerprint_of_text(text: str) -> str:
    """Sixteen hex digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_due(
    last: tuple[str, float],
    current: str,
    now: datetime,
    *,
    repeat_after: timedelta,
    at_most_every: timedelta = timedelta(0),
) -> bool:
    """Whether a value must be written.

    Args:
        last: Fingerprint of the value last written, and when; :data:`NEVER` before the first time.
        current: Fingerprint of the value now.
        now: Current time, UTC.
        repeat_after: An unchanged value is written again after this long.
        at_most_every: A changed value waits until this long after the last writing.
    """
    before, at_s = last
    age_s = now.timestamp() - at_s
    if age_s < 0:
        return True  # written before the clock was set back
    if current != before:
        return age_s >= at_most_every.total_seconds()
    return age_s >= repeat_after.total_seconds()


def read(cursor: str | None) -> Written:
    """Written values from a cursor; empty when another version of this code wrote the cursor."""
    try:
        return {
            str(name): (str(text), float(at_s))
            for name, (text, at_s) in json.loads(cursor or "{}").items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}
