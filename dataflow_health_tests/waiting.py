"""Waiting for a condition, with a limit that only a hang reaches."""

import time
from collections.abc import Callable
from typing import TypeVar

LIMIT_S = 120.0
"""More than any condition of a test needs at a load average of 30."""

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T],
    *,
    limit_s: float = LIMIT_S,
    poll_s: float = 0.02,
    details: Callable[[], object] = str,
) -> T:
    """Polls a condition until it is true, and returns its value.

    Args:
        condition: What to wait for.
        limit_s: Seconds after which the test fails: a guard against a hang, and not a promise.
        poll_s: Seconds between two polls.
        details: What the failure shows besides the limit, such as the end of a log.

    Raises:
        AssertionError: When the condition is still false after the limit.
    """
    begun_s = time.monotonic()
    while not (value := condition()):
        assert time.monotonic() - begun_s < limit_s, f"not within {limit_s:.0f} s: {details()}"
        time.sleep(poll_s)
    return value
