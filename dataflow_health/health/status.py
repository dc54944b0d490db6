"""The seven statuses and their order.

``worst`` returns the highest of any number of statuses in :data:`ORDER`. It is associative,
commutative and idempotent, and HEALTHY is its neutral element. The worst of no status is UNKNOWN:
a process is healthy only when a check has passed.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Status of a process or check; members in order, best first."""

    HEALTHY = "HEALTHY"
    RUNNING = "RUNNING"
    UNKNOWN = "UNKNOWN"
    STALE = "STALE"
    WARNING = "WARNING"
    BLOCKED = "BLOCKED"
    FAILED = "FAILED"

    @property
    def rank(self) -> int:
        """Position in the order: 0 is HEALTHY, 6 is FAILED."""
        return ORDER.index(self)

    @property
    def symbol(self) -> str:
        """One character shown beside the name, so that colour is never the only sign."""
        return _LEGEND[self].symbol

    @property
    def meaning(self) -> str:
        """Meaning in one sentence, for a legend."""
        return _LEGEND[self].meaning


ORDER = tuple(Status)
"""Best first. A status that needs action outranks one that is only old or not yet known."""


class _Legend(NamedTuple):
    symbol: str
    meaning: str


_LEGEND = {
    Status.HEALTHY: _Legend("✓", "Every check passed on the newest data."),
    Status.RUNNING: _Legend("»", "Running now; its checks follow."),
    Status.UNKNOWN: _Legend("?", "A check was never observed."),
    Status.STALE: _Legend("~", "A check is older than the newest data."),
    Status.WARNING: _Legend("!", "A check of severity warning fails."),
    Status.BLOCKED: _Legend("‖", "Waits for a process that is FAILED."),
    Status.FAILED: _Legend("×", "Failed through its own fault: the root cause."),  # noqa: RUF001
}
"""All symbols except the check mark are in Latin fonts."""


def worst(statuses: Iterable[Status]) -> Status:
    """The highest status in :data:`ORDER`; UNKNOWN without any."""
    return max(statuses, key=ORDER.index, default=Status.UNKNOWN)
