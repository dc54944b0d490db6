"""Kind ``stuck``: a parameter that should change in flight and does not."""

import math
from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
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

    Examines every listed parameter that the recording has; only a recording with none of them is
    not applicable. A finding's peak is the value at which the parameter is stuck, its detail is the
    parameter's name.

    Attributes:
        parameters: Parameters that change in flight if their sensors work.
        within: Greatest change that still counts as none, in each parameter's own unit.
        lasting: Shortest duration of a finding.
    """

    kind: Literal["stuck"]
    parameters: Annotated[tuple[str, ...], Field(min_length=1)]
    within: Annotated[float, Field(ge=0)] = 0.0
    lasting: Annotated[Duration, Field(gt=timedelta(0))]

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """The listed parameters."""
        return frozenset(self.parameters)

    @cached_property
    def required_parameters(self) -> frozenset[str]:
        """No required parameters. Missing ones are reported and skipped."""
        return frozenset()

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """One finding for every interval in which one of the parameters does not change."""
        for name in self.parameters:
            if name in grid.flight.values:
                yield from self._find_in(name, grid)

    def _find_in(self, name: str, grid: SampleGrid) -> Iterator[Finding]:
        rate_hz = grid.rate_hz([name])
        values = grid.column(name, rate_hz)
        mask = self._mask(values, grid, rate_hz)
        measure = PeakMeasure(values, np.zeros(len(values)), name)
        for bounds in find_events(mask, grid, rate_hz, self.lasting):
            yield make_finding(
                bounds, grid, rate_hz, severity=self.severity, measure=measure, detail=name
            )

    def _mask(self, values: Values, grid: SampleGrid, rate_hz: int) -> Mask:
        """Samples in a window without a gap, all in the phase, with too little change."""
        samples = math.ceil(self.lasting.total_seconds() * rate_hz) + 1
        known = np.where(grid.phase_mask(self.during, rate_hz), values, np.nan)
        if len(known) < samples:
            return np.zeros(len(known), dtype=np.bool_)
        highest = rolling_extreme(known, samples, np.maximum)
        change = highest - rolling_extreme(known, samples, np.minimum)
        segment = grid.segment(rate_hz)
        unbroken = segment[: len(change)] == segment[samples - 1 :]
        return window_coverage((change <= self.within) & unbroken, samples)
