"""What a measurement is, and how times are taken."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

REPETITIONS = 3


@dataclass(frozen=True, slots=True)
class Target:
    """What a row's ratio, or its value where it has none, should keep.

    Attributes:
        relation: ``>=`` or ``<=``.
        number: The bound.
    """

    relation: Literal[">=", "<="]
    number: float

    def met_by(self, found: float) -> bool:
        """Whether a ratio or value keeps it."""
        return found >= self.number if self.relation == ">=" else found <= self.number


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement.

    Attributes:
        name: What was measured.
        value: How much.
        unit: Of the value.
        ratio: How many times as good as the other side, None when there is none.
        against: The other side.
        target: What the ratio should keep; the value, when there is no ratio.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""
    target: Target | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met, None when there is none."""
        found = self.value if self.ratio is None else self.ratio
        return None if self.target is None else self.target.met_by(found)


def compare(
    sides: Mapping[str, Callable[[], object]],
    repetitions: int = REPETITIONS,
    before: Callable[[], object] | None = None,
) -> dict[str, float]:
    """Median seconds of each side, the sides taken in turn, so that a busy moment hits them alike.

    Args:
        sides: What to run, by name; each runs once before it counts.
        repetitions: How often each counts.
        before: Run before every repetition, outside its time.

    Returns:
        Seconds by name.
    """
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for repetition in range(repetitions + 1):
        for name, work in sides.items():
            if before:
                before()
            seconds = once_s(work)
            if repetition:
                taken[name].append(seconds)
    return {name: statistics.median(seconds) for name, seconds in taken.items()}


def once_s(work: Callable[[], object]) -> float:
    """Seconds that one call takes, with no rubbish left from before."""
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
