"""The seven statuses, their order, and how they add up.

The algebra: ``worst`` takes any number of statuses and gives the highest in :data:`ORDER`, so it is
associative, commutative and idempotent, and HEALTHY changes nothing. Of nothing at all it gives
UNKNOWN, because green is earned.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How a process is; members in order, best first."""

    HEALTHY = "HEALTHY"
    RUNNING = "RUNNING"
    UNKNOWN = "UNKNOWN"
    STALE = "STALE"
    WARNING = "WARNING"
    BLOCKED = "BLOCKED"
    FAILED = "FAILED"

    @property
    def rank(self) -> int:
        """Place in the order: 0 is HEALTHY, 6 is FAILED."""
        return ORDER.index(self)

    @property
    def symbol(self) -> str:
        """One character that stands beside the word, so nothing hangs on colour alone."""
        return _LOOK[self].symbol

    @property
    def meaning(self) -> str:
        """One sentence for a legend."""
        return _LOOK[self].meaning


ORDER = tuple(Status)
"""Best first. What someone must act on outranks what may be only old or not yet known."""


class _Look(NamedTuple):
    symbol: str
    meaning: str


_LOOK = {
    Status.HEALTHY: _Look("✓", "Every check passed on the newest data."),
    Status.RUNNING: _Look("»", "At work now; its checks follow."),
    Status.UNKNOWN: _Look("?", "A check was never observed."),
    Status.STALE: _Look("~", "A check is older than the newest data."),
    Status.WARNING: _Look("!", "A check of severity warning fails."),
    Status.BLOCKED: _Look("‖", "Waits for something that is FAILED."),
    Status.FAILED: _Look("×", "At fault itself: the cause is here."),  # noqa: RUF001
}
"""All symbols except the check mark are in Latin fonts."""


def worst(statuses: Iterable[Status]) -> Status:
    """The highest of them in :data:`ORDER`; UNKNOWN of none."""
    return max(statuses, key=ORDER.index, default=Status.UNKNOWN)
