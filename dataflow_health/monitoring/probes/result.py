"""What a probe is given, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from dataflow_health.errors import DataflowHealthError
from dataflow_health.health.live_check import LiveCheck

Heartbeats = Callable[[], Mapping[str, datetime]]
"""When each of Dagster's daemons last beat, by its type."""


class NotConfigured(DataflowHealthError):
    """There is nothing to ask: no address is set. The check is unknown, not failed."""


@dataclass(frozen=True, slots=True)
class Around:
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
class Answer:
    """What a probe found.

    Attributes:
        outcome: ``errored`` when the probe itself broke, ``unknown`` when there is nothing to ask.
        detail: The measured value inside the condition: ``free_pct (3.1) >= 5``.
    """

    outcome: Literal["passed", "failed", "errored", "unknown"]
    detail: str = ""


class Probe(Protocol):
    """The one function of a kind's module."""

    def __call__(self, check: LiveCheck, around: Around) -> Answer:
        """Asks. What it raises is told as ``errored`` with a clean message."""
        ...


def held(holds: bool, detail: str) -> Answer:
    """Passed or failed, with the measured value inside the condition."""
    return Answer("passed" if holds else "failed", detail)


def aged(what: str, age: timedelta, at_most: timedelta) -> Answer:
    """Passed when an age is no more than allowed."""
    return held(age <= at_most, f"age of {what} ({told(age)}) <= {told(at_most)}")


def told(span: timedelta) -> str:
    """A time span as a person says it: ``1 d 2 h``, ``3 min 20 s``, ``0.5 s``."""
    if abs(span) < timedelta(seconds=1):
        return f"{round(span.total_seconds(), 3):g} s"
    left_s = int(abs(span).total_seconds())
    parts: list[str] = []
    for unit, size_s in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left_s = divmod(left_s, size_s)
        parts += [f"{number} {unit}"] if number else []
    return ("-" if span < timedelta(0) else "") + " ".join(parts[:2])
