"""Context, result and signature of a probe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from dataflow_health.errors import DataflowHealthError
from dataflow_health.health.duration import format_duration
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.monitoring.dagster_state import DagsterState

LISTED = 5
"""Most names that the detail of a result lists; the rest is a number."""


class NotConfigured(DataflowHealthError):
    """The target of a probe is not configured. The check is UNKNOWN, not FAILED."""


@dataclass(frozen=True, slots=True)
class ProbeContext:
    """Input of a probe besides its check.

    Attributes:
        now: The current time, UTC.
        within_s: Seconds until the probe is abandoned.
        environment: Environment variables, for addresses.
        dagster: Daemons and sensors; None in a process without a Dagster instance.
    """

    now: datetime
    within_s: float
    environment: Mapping[str, str]
    dagster: DagsterState | None = None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Result of a probe.

    Attributes:
        outcome: ``errored`` when the probe raised an error, ``unknown`` without a target.
        detail: The condition with the measured value: ``free_pct (3.1) >= 5``.
    """

    outcome: Literal["passed", "failed", "errored", "unknown"]
    detail: str = ""


class Probe(Protocol):
    """The function ``probe`` of a kind's module."""

    def __call__(self, check: LiveCheck, context: ProbeContext) -> ProbeResult:
        """Runs the probe. An exception is reported as ``errored``, without secrets."""
        ...


def passed_if(condition: bool, detail: str) -> ProbeResult:
    """Passed when the condition is true, else failed; ``detail`` shows the measured value in it."""
    return ProbeResult("passed" if condition else "failed", detail)


def passed_if_recent(subject: str, age: timedelta, at_most: timedelta) -> ProbeResult:
    """Passed when the age of the subject is at most the limit."""
    detail = f"age of {subject} ({format_duration(age)}) <= {format_duration(at_most)}"
    return passed_if(age <= at_most, detail)


def list_some(names: Sequence[str]) -> str:
    """Count and first names: ``7: a, b, c, d, e and 2 more``; ``0`` when there are none."""
    if not names:
        return "0"
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{len(names)}: {', '.join(names[:LISTED])}{more}"
