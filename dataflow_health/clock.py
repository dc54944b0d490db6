"""The current time. Everything below orchestration and the faces takes it as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the current time, UTC."""


def utc_now() -> datetime:
    """The current time, UTC."""
    return datetime.now(UTC)
