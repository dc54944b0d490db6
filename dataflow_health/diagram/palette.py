"""Colours of the statuses: fill and text, readable together."""

from typing import NamedTuple

from dataflow_health.health.status import Status


class Colours(NamedTuple):
    """Colours of one status, as ``#rrggbb``.

    Attributes:
        fill: Background.
        text: Text on that background, with a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3).
    """

    fill: str
    text: str


PALETTE = {
    Status.HEALTHY: Colours("#1a7f37", "#ffffff"),
    Status.RUNNING: Colours("#0969da", "#ffffff"),
    Status.UNKNOWN: Colours("#f6f8fa", "#24292f"),
    Status.STALE: Colours("#d8dee4", "#24292f"),
    Status.WARNING: Colours("#ffd33d", "#24292f"),
    Status.BLOCKED: Colours("#57606a", "#ffffff"),
    Status.FAILED: Colours("#cf222e", "#ffffff"),
}
"""Fills differ in brightness as well as in hue."""
