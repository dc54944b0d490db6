"""Kind ``peak``: the extreme value around an instant, or of the whole flight."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import numpy as np
from pydantic import model_validator

from dataflow_health.flight.algorithms import condition
from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.fields import ConditionField, Duration, QuantityField
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.intervals import find_intervals, interval_coverage
from dataflow_health.flight.algorithms.kinds.kind import AlgorithmKind, PeakMeasure, make_finding
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.algorithms.sample_hold import Indices


class Peak(AlgorithmKind):
    """The greatest (or smallest) value near the instant at which something turns true.

    Attributes:
        of: A parameter or expression.
        take: Its greatest or its smallest value.
        beyond: Only a value beyond this is a finding; without it, every window gives one.
        at: What must turn true, having been false one sample before; without it, the window is all
            of ``during``.
        within: How far the window reaches to both sides of that instant. Windows that touch are
            one.
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

    @property
    def names(self) -> frozenset[str]:
        """Parameters of the value and of the instant."""
        return self.of.names | (self.at.names if self.at else frozenset())

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """One finding for every window in which the limit is passed."""
        rate_hz = grid.rate_hz(self.names)
        inside = grid.during(self.during, rate_hz)
        values = grid.value(self.of, rate_hz)
        rank = np.where(inside, values if self.take == "max" else -values, np.nan)
        measure = PeakMeasure(values, rank, f"{self.take} {self.of}")
        for first, last in zip(*self._windows(inside, grid, rate_hz), strict=True):
            places = self._places(rank[first : last + 1])
            if places.size:
                bounds = (int(first + places[0]), int(first + places[-1]))
                yield make_finding(bounds, grid, rate_hz, severity=self.severity, measure=measure)

    def _places(self, rank: Values) -> Indices:
        """Samples of a window that belong to the finding: those beyond, or the extreme one."""
        if self.beyond is None:
            return np.flatnonzero(rank == np.fmax.reduce(rank))[:1]
        return np.flatnonzero(rank > (self.beyond if self.take == "max" else -self.beyond))

    def _windows(self, inside: Mask, grid: SampleGrid, rate_hz: int) -> tuple[Indices, Indices]:
        """First and last sample of each."""
        if self.at is None or self.within is None:
            span = np.flatnonzero(inside)
            return span[:1], span[-1:]
        reach = round(self.within / timedelta(seconds=1) * rate_hz)
        instants = _rising_edges(self.at, grid, rate_hz)
        near = interval_coverage(
            *_windows_around(instants, reach, grid.stretch(rate_hz)), len(inside)
        )
        return find_intervals(near & inside, grid.opens(rate_hz))


def _rising_edges(at: condition.Condition, grid: SampleGrid, rate_hz: int) -> Indices:
    """Samples at which a condition is true and was surely false one before."""
    is_so, was_not = grid.where(at, rate_hz), grid.where(at.negated, rate_hz)
    return np.flatnonzero(is_so[1:] & was_not[:-1] & ~grid.opens(rate_hz)[1:]) + 1


def _windows_around(instants: Indices, reach: int, stretch: Indices) -> tuple[Indices, Indices]:
    """First and last sample near each instant, no further than the next gap."""
    mine = stretch[instants]
    first = np.maximum(instants - reach, np.searchsorted(stretch, mine, side="left"))
    last = np.minimum(instants + reach, np.searchsorted(stretch, mine, side="right") - 1)
    return first, last
