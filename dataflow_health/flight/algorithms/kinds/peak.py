"""Kind ``peak``: the extreme value near an event, or of the whole flight."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import Literal

import numpy as np
from pydantic import model_validator

from dataflow_health.flight.algorithms.condition import Condition
from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.fields import ConditionField, Duration, QuantityField
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.intervals import find_intervals, interval_coverage
from dataflow_health.flight.algorithms.kinds.kind import AlgorithmKind, PeakMeasure, make_finding
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.algorithms.sample_hold import Indices


class Peak(AlgorithmKind):
    """The greatest (or smallest) value near the time at which a condition turns true.

    Attributes:
        of: A parameter or expression.
        take: Whether the greatest or the smallest value is the peak.
        beyond: Only a value beyond this is a finding; when left out, every window gives one.
        at: Condition that must turn true, having been false one sample before; when left out, the
            window is all of ``during``.
        within: Reach of the window before and after that time. Windows that touch become one.
    """

    kind: Literal["peak"]
    of: QuantityField
    take: Literal["max", "min"] = "max"
    beyond: float | None = None
    at: ConditionField | None = None
    within: Duration | None = None

    @model_validator(mode="after")
    def _window_is_whole(self) -> "Peak":
        if (self.at is None) != (self.within is None):
            raise ValueError("at and within belong together: give both or neither")
        return self

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """Parameters of the value and of the condition."""
        return self.of.parameter_names | (self.at.parameter_names if self.at else frozenset())

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """One finding for every window with a value beyond the limit."""
        rate_hz = grid.rate_hz(self.parameter_names)
        inside = grid.phase_mask(self.during, rate_hz)
        values = grid.quantity_values(self.of, rate_hz)
        rank = np.where(inside, values if self.take == "max" else -values, np.nan)
        measure = PeakMeasure(values, rank, f"{self.take} {self.of}")
        for first, last in zip(*self._windows(inside, grid, rate_hz), strict=True):
            samples = self._select_samples(rank[first : last + 1])
            if samples.size:
                bounds = (int(first + samples[0]), int(first + samples[-1]))
                yield make_finding(bounds, grid, rate_hz, severity=self.severity, measure=measure)

    def _select_samples(self, rank: Values) -> Indices:
        """Samples of a window that belong to the finding: those beyond, or the extreme one."""
        if self.beyond is None:
            return np.flatnonzero(rank == np.fmax.reduce(rank))[:1]
        return np.flatnonzero(rank > (self.beyond if self.take == "max" else -self.beyond))

    def _windows(self, inside: Mask, grid: SampleGrid, rate_hz: int) -> tuple[Indices, Indices]:
        """First and last sample of each window."""
        if self.at is None or self.within is None:
            samples = np.flatnonzero(inside)
            return samples[:1], samples[-1:]
        reach = round(self.within / timedelta(seconds=1) * rate_hz)
        edges = _rising_edges(self.at, grid, rate_hz)
        near = interval_coverage(*_windows_around(edges, reach, grid.segment(rate_hz)), len(inside))
        return find_intervals(near & inside, grid.segment_starts(rate_hz))


def _rising_edges(at: Condition, grid: SampleGrid, rate_hz: int) -> Indices:
    """Samples at which a condition is true and was certainly false one sample before."""
    is_true = grid.condition_mask(at, rate_hz)
    is_false = grid.condition_mask(at.negation, rate_hz)
    return np.flatnonzero(is_true[1:] & is_false[:-1] & ~grid.segment_starts(rate_hz)[1:]) + 1


def _windows_around(samples: Indices, reach: int, segment: Indices) -> tuple[Indices, Indices]:
    """First and last sample of the window around each sample, cut at gaps."""
    own = segment[samples]
    first = np.maximum(samples - reach, np.searchsorted(segment, own, side="left"))
    last = np.minimum(samples + reach, np.searchsorted(segment, own, side="right") - 1)
    return first, last
