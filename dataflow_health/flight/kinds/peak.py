"""Kind ``peak``: the extreme value around an instant, or of the whole flight."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import numpy as np
from pydantic import model_validator

from dataflow_health.flight.declared import Condition, Duration, Quantity
from dataflow_health.flight.expression import Mask
from dataflow_health.flight.finding import Finding
from dataflow_health.flight.grid import Grid
from dataflow_health.flight.hold import Index
from dataflow_health.flight.island import covered_between, islands
from dataflow_health.flight.kinds.kind import Kind, Measure, finding


class Peak(Kind):
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
    of: Quantity
    take: Literal["max", "min"] = "max"
    beyond: float | None = None
    at: Condition | None = None
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

    def find(self, grid: Grid) -> Iterator[Finding]:
        """One finding for every window in which the limit is passed."""
        rate_hz = grid.rate_hz(self.names)
        sign = 1 if self.take == "max" else -1
        values = grid.value(self.of, rate_hz)
        measure = Measure(values, sign * values, f"{self.take} {self.of}")
        for first, last in zip(*self._windows(grid, rate_hz), strict=True):
            counts = self._beyond(measure.rank[first : last + 1], sign)
            if counts.size:
                bounds = (int(first + counts[0]), int(first + counts[-1]))
                yield finding(bounds, grid, rate_hz, severity=self.severity, measure=measure)

    def _beyond(self, rank: np.ndarray[tuple[int], np.dtype[np.float64]], sign: int) -> Index:
        """Places in a window that belong to the finding."""
        if self.beyond is not None:
            return np.flatnonzero(rank > sign * self.beyond)
        return np.flatnonzero(rank == np.fmax.reduce(rank))[:1]

    def _windows(self, grid: Grid, rate_hz: int) -> tuple[Index, Index]:
        inside = grid.during(self.during, rate_hz)
        if self.at is None or self.within is None:
            span = np.flatnonzero(inside)
            return span[:1], span[-1:]
        reach = round(self.within / timedelta(seconds=1) * rate_hz)
        near = covered_between(*self._around(grid, rate_hz, reach), len(inside))
        return islands(near & inside, grid.opens(rate_hz))

    def _around(self, grid: Grid, rate_hz: int, reach: int) -> tuple[Index, Index]:
        """First and last sample near each instant, no further than the next gap."""
        stretch = grid.stretch(rate_hz)
        at = self._instants(grid, rate_hz)
        first = np.maximum(at - reach, np.searchsorted(stretch, stretch[at], side="left"))
        last = np.minimum(at + reach, np.searchsorted(stretch, stretch[at], side="right") - 1)
        return first, last

    def _instants(self, grid: Grid, rate_hz: int) -> Index:
        """Samples at which ``at`` is true and was surely false one before."""
        if self.at is None:
            return np.array([], dtype=np.intp)
        is_so: Mask = grid.where(self.at, rate_hz)
        was_not: Mask = grid.where(self.at.negated, rate_hz)
        turns = is_so[1:] & was_not[:-1] & ~grid.opens(rate_hz)[1:]
        return np.flatnonzero(turns) + 1
