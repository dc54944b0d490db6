"""What all kinds of algorithm have in common, and how events become findings."""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from pydantic import Field

from dataflow_health.flight.algorithms.example import Example
from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.fields import Duration
from dataflow_health.flight.algorithms.finding import Finding, FindingSeverity
from dataflow_health.flight.algorithms.flight_phase import PhaseWord
from dataflow_health.flight.algorithms.intervals import find_intervals
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.layout import FlightModel

MEANING_REVISION = 1
"""Raise it when code here changes what an unchanged YAML finds: every version changes with it."""

_PROSE_FIELDS = {"describes", "source", "examples"}

ROUNDING_TOLERANCE_S = 1e-6
"""Sample times are fractions such as 1/3 s; a duration that is met but for rounding is met."""


class AlgorithmKind(FlightModel):
    """Base of the kinds.

    Attributes:
        describes: One sentence for people.
        source: Where the limit comes from, and what kind of limit it is.
        severity: How much a finding matters.
        during: Phases in which it looks; none means the whole recording.
        examples: Worked examples, run by tests and by ``validate``.
    """

    describes: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    severity: FindingSeverity
    during: tuple[PhaseWord, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    @abstractmethod
    def names(self) -> frozenset[str]:
        """Parameters it looks at."""

    @property
    def needs(self) -> frozenset[str]:
        """Parameters without any of which it does not apply."""
        return self.names

    @abstractmethod
    def find(self, grid: SampleGrid) -> Iterable[Finding]:
        """All findings in a flight that has what :attr:`needs` lists."""

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change when, and only when, the meaning may."""
        meaning = self.model_dump(mode="json", exclude=_PROSE_FIELDS, exclude_defaults=True)
        text = json.dumps([MEANING_REVISION, meaning], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class PeakMeasure:
    """What an event's peak is taken of.

    Attributes:
        values: float64 (n,) on the grid; the peak is one of them.
        rank: float64 (n,); the greatest one's place is the peak's.
        label: What the values are.
    """

    values: Values
    rank: Values
    label: str


def find_events(
    mask: Mask, grid: SampleGrid, rate_hz: int, lasting: Duration
) -> Iterator[tuple[int, int]]:
    """First and last sample of every island that lasts long enough.

    Its duration is the time from its first to its last sample, so ``lasting: PT5S`` at 1 Hz needs
    six samples.
    """
    first, last = find_intervals(mask, grid.opens(rate_hz))
    long_s = grid.time_s(last, rate_hz) - grid.time_s(first, rate_hz)
    enough = long_s >= lasting.total_seconds() - ROUNDING_TOLERANCE_S
    yield from zip(first[enough].tolist(), last[enough].tolist(), strict=True)


def make_finding(
    bounds: tuple[int, int],
    grid: SampleGrid,
    rate_hz: int,
    *,
    severity: FindingSeverity,
    measure: PeakMeasure | None = None,
    detail: str = "",
) -> Finding:
    """The finding from one sample to another, both included, with its peak if there is one."""
    first, last = bounds
    at = _index_of_greatest(measure.rank[first : last + 1]) if measure else None
    start_s, end_s, peak_at_s = grid.time_s(np.array([first, last, first + (at or 0)]), rate_hz)
    if measure is None or at is None:
        return Finding(float(start_s), float(end_s), severity=severity, detail=detail)
    peak = float(measure.values[first + at])
    return Finding(
        start_s=float(start_s),
        end_s=float(end_s),
        peak=peak,
        peak_at_s=float(peak_at_s),
        severity=severity,
        detail=detail or f"{measure.label} {peak:.6g}",
    )


def _index_of_greatest(rank: Values) -> int | None:
    there = ~np.isnan(rank)
    return int(np.argmax(np.where(there, rank, -np.inf))) if there.any() else None
