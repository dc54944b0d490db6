"""Shares of a long work, so that each of many short turns does some of it."""

import time
from collections.abc import Callable

FIRST_S = 5.0
"""Seconds of a turn before everything was compared once; a sensor's tick may last a minute."""
QUICK_S = 0.015
"""Seconds of CPU of a turn that compares again what was compared before, on this machine."""
REMOTE_S = 0.03
"""Seconds, most of them spent waiting, of such a turn on a server."""
TIMES_S = 0.008
"""Seconds of a turn that looks at times of folders."""

Spent = Callable[[], bool]
"""Whether a turn has used its share. A turn does at least one step."""


def never() -> bool:
    """The share of a turn that does everything."""
    return False


def of_cpu(seconds: float) -> Spent:
    """A share of this thread's CPU."""
    until_s = time.thread_time() + seconds
    return lambda: time.thread_time() >= until_s


def of_time(seconds: float) -> Spent:
    """A share of time."""
    until_s = time.monotonic() + seconds
    return lambda: time.monotonic() >= until_s
