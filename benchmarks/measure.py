"""Measurements, and functions that take times."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

REPETITIONS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """Bound for the ratio of a measurement, or for its value if it has no ratio.

    Attributes:
        relation: ``>=`` or ``<=``.
        number: The bound.
    """

    relation: Literal[">=", "<="]
    number: float

    def is_met_by(self, number: float) -> bool:
        """Whether a ratio or value is within the bound."""
        return number >= self.number if self.relation == ">=" else number <= self.number


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement.

    Attributes:
        name: What was measured.
        value: Measured value.
        unit: Unit of the value.
        ratio: How many times better than the alternative; None without an alternative.
        against: Name of the alternative.
        target: Bound for the ratio, or for the value without a ratio.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""
    target: Target | None = None

    @property
    def is_met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        number = self.value if self.ratio is None else self.ratio
        return None if self.target is None else self.target.is_met_by(number)


def compare(
    sides: Mapping[str, Callable[[], object]],
    repetitions: int = REPETITIONS,
    before: Callable[[], object] | None = None,
) -> dict[str, float]:
    """Measures alternatives in turn, so that load on the machine affects all of them.

    Args:
        sides: Functions to run, by name; each has one unmeasured run first.
        repetitions: Number of measured runs of each.
        before: Function to run before every run, not measured.

    Returns:
        Median seconds by name.
    """
    durations: dict[str, list[float]] = {name: [] for name in sides}
    for repetition in range(repetitions + 1):
        for name, work in sides.items():
            if before:
                before()
            seconds = time_call_s(work)
            if repetition:
                durations[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in durations.items()}


def time_call_s(work: Callable[[], object]) -> float:
    """Duration of one call in seconds, after a garbage collection."""
    gc.collect()
    start_s = time.perf_counter()
    work()
    return time.perf_counter() - start_s
