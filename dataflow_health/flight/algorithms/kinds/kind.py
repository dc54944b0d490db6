"""Fields and functions that all kinds of algorithms share; how events become findings."""

import hashlib
import json
from abc import abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Annotated

import numpy as np
from pydantic import Field

from dataflow_health.flight.algorithms.condition import Condition, Quantity
from dataflow_health.flight.algorithms.example import Example
from dataflow_health.flight.algorithms.expression import Mask, Values, divides
from dataflow_health.flight.algorithms.fields import Duration
from dataflow_health.flight.algorithms.finding import Finding, FindingSeverity
from dataflow_health.flight.algorithms.flight_phase import PhaseWord
from dataflow_health.flight.algorithms.intervals import find_intervals
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.layout import FlightModel

MEANING_REVISION = 3
"""Raise it when code changes the findings of an unchanged YAML: every version changes with it."""

_PROSE_FIELDS = {"describes", "source", "examples"}

_EVENT_PARTS = {"clear", "peak"}
"""Fields that describe an event once it has begun, and so cannot hide one."""

ROUNDING_TOLERANCE_S = 1e-6
"""Sample times are fractions such as 1/3 s; a duration may fall short by this much."""

_VERSION_DIGITS = 12


class AlgorithmKind(FlightModel):
    """Fields that all kinds share.

    Attributes:
        describes: One sentence for people.
        source: Source and nature of the limit.
        severity: Severity of a finding.
        during: Phases that are examined; none means the whole recording.
        examples: Worked examples, run by tests and by ``validate``.
    """

    describes: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    severity: FindingSeverity
    during: tuple[PhaseWord, ...] = ()
    examples: tuple[Example, ...] = ()

    @property
    @abstractmethod
    def parameter_names(self) -> frozenset[str]:
        """Parameters that the algorithm examines."""

    @property
    def required_parameters(self) -> frozenset[str]:
        """Parameters without which the algorithm is not applicable."""
        return self.parameter_names

    @abstractmethod
    def find(self, grid: SampleGrid) -> Iterable[Finding]:
        """All findings in a flight that has the :attr:`required_parameters`."""

    @cached_property
    def dividing_parts(self) -> tuple[Condition | Quantity, ...]:
        """Conditions and quantities that may divide by zero."""
        fields = (name for name in type(self).model_fields if name not in _EVENT_PARTS)
        values = (getattr(self, name) for name in fields)
        parts = chain.from_iterable(v if isinstance(v, tuple) else (v,) for v in values)
        return tuple(
            part for part in parts if isinstance(part, Condition | Quantity) and divides(part.tree)
        )

    @cached_property
    def version(self) -> str:
        """Hash of the algorithm's meaning, without its prose: twelve hexadecimal digits."""
        meaning = self.model_dump(mode="json", exclude=_PROSE_FIELDS, exclude_defaults=True)
        text = json.dumps([MEANING_REVISION, meaning], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:_VERSION_DIGITS]


@dataclass(frozen=True, slots=True)
class PeakMeasure:
    """Values from which the peak of an event is taken.

    Attributes:
        values: float64 (n,) on the grid; the peak is one of them.
        rank: float64 (n,); the peak is the value at the greatest rank.
        label: Name of the values, for people.
    """

    values: Values
    rank: Values
    label: str


def find_events(
    mask: Mask, grid: SampleGrid, rate_hz: int, lasting: Duration
) -> Iterator[tuple[int, int]]:
    """First and last sample of every interval that lasts long enough.

    The duration is the time from the first to the last sample, so ``lasting: PT5S`` at 1 Hz needs
    six samples.
    """
    if not mask.any():
        return
    first, last = find_intervals(mask, grid.segment_starts(rate_hz))
    duration_s = grid.time_s(last, rate_hz) - grid.time_s(first, rate_hz)
    is_enough = duration_s >= lasting.total_seconds() - ROUNDING_TOLERANCE_S
    yield from zip(first[is_enough].tolist(), last[is_enough].tolist(), strict=True)


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
    """Index of the greatest rank, NaN ignored; None when all are NaN."""
    is_known = ~np.isnan(rank)
    return int(np.argmax(np.where(is_known, rank, -np.inf))) if is_known.any() else None
