"""What a probe is given, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from dataflow_health.errors import DataflowHealthError
from dataflow_health.health.duration import format_duration
from dataflow_health.health.live_check import LiveCheck

Heartbeats = Callable[[], Mapping[str, datetime]]
"""When each of Dagster's daemons last beat, by its type."""


class NotConfigured(DataflowHealthError):
    """There is nothing to ask: no address is set. The check is unknown, not failed."""


@dataclass(frozen=True, slots=True)
class ProbeContext:
    """What surrounds a probe.

    Attributes:
        now: The moment.
        within_s: Seconds left to answer.
        environment: Where addresses are looked up.
        heartbeats: Dagster's daemons; None where no instance is at hand.
    """

    now: datetime
    within_s: float
    environment: Mapping[str, str]
    heartbeats: Heartbeats | None = None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What a probe found.

    Attributes:
        outcome: ``errored`` when the probe itself broke, ``unknown`` when there is nothing to ask.
        detail: The measured value inside the condition: ``free_pct (3.1) >= 5``.
    """

    outcome: Literal["passed", "failed", "errored", "unknown"]
    detail: str = ""


class Probe(Protocol):
    """The one function of a kind's module."""

    def __call__(self, check: LiveCheck, context: ProbeContext) -> ProbeResult:
        """Asks. What it raises is told as ``errored`` with a clean message."""
        ...


def passed_if(condition: bool, detail: str) -> ProbeResult:
    """Passed when the condition is true, else failed; ``detail`` shows the measured value in it."""
    return ProbeResult("passed" if condition else "failed", detail)


def passed_if_recent(what: str, age: timedelta, at_most: timedelta) -> ProbeResult:
    """Passed when an age is no more than allowed."""
    return passed_if(
        age <= at_most, f"age of {what} ({format_duration(age)}) <= {format_duration(at_most)}"
    )
