"""Kind ``stuck``: a live parameter that has stopped moving."""

import math
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.fields import Duration
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.intervals import rolling_extreme, window_coverage
from dataflow_health.flight.algorithms.kinds.kind import (
    AlgorithmKind,
    PeakMeasure,
    find_events,
    make_finding,
)
from dataflow_health.flight.algorithms.sample_grid import SampleGrid


class Stuck(AlgorithmKind):
    """A parameter that stays within a narrow band for too long.

    Applies to every listed parameter that the recording has; only a recording with none of them is
    not applicable. A finding's peak is the value it is stuck at, its detail names the parameter.

    Attributes:
        parameters: Those that move in flight if they work.
        within: Greatest movement that still counts as none, in each one's own unit.
        lasting: How long.
    """

    kind: Literal["stuck"]
    parameters: Annotated[tuple[str, ...], Field(min_length=1)]
    within: Annotated[float, Field(ge=0)] = 0.0
    lasting: Annotated[Duration, Field(gt=timedelta(0))]

    @property
    def names(self) -> frozenset[str]:
        """The listed parameters."""
        return frozenset(self.parameters)

    @property
    def needs(self) -> frozenset[str]:
        """Nothing by itself: what is missing is told, and the others are looked at."""
        return frozenset()

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """Every stretch in which one of the parameters stands still."""
        for name in self.parameters:
            if name in grid.flight.values:
                yield from self._find_one(name, grid)

    def _find_one(self, name: str, grid: SampleGrid) -> Iterator[Finding]:
        rate_hz = grid.rate_hz([name])
        values = grid.column(name, rate_hz)
        mask = self._still(values, grid, rate_hz)
        measure = PeakMeasure(values, np.zeros(len(values)), name)
        for bounds in find_events(mask, grid, rate_hz, self.lasting):
            yield make_finding(
                bounds, grid, rate_hz, severity=self.severity, measure=measure, detail=name
            )

    def _still(self, values: Values, grid: SampleGrid, rate_hz: int) -> Mask:
        """Samples in a window, unbroken and all in the phase, with too little movement."""
        samples = math.ceil(self.lasting.total_seconds() * rate_hz) + 1
        live = np.where(grid.during(self.during, rate_hz), values, np.nan)
        if len(live) < samples:
            return np.zeros(len(live), dtype=np.bool_)
        moved = rolling_extreme(live, samples, np.maximum) - rolling_extreme(
            live, samples, np.minimum
        )
        stretch = grid.stretch(rate_hz)
        unbroken = stretch[: len(moved)] == stretch[samples - 1 :]
        return window_coverage((moved <= self.within) & unbroken, samples)
