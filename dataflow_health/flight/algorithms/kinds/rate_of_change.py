"""Kind ``rate_of_change``: a value that rises or falls too far in a given time."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.fields import ConditionField, Duration, QuantityField
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.kinds.kind import (
    AlgorithmKind,
    PeakMeasure,
    find_events,
    make_finding,
)
from dataflow_health.flight.algorithms.sample_grid import SampleGrid

PositiveLimit = Annotated[float, Field(gt=0)]


class RateOfChange(AlgorithmKind):
    """A change of a value over a window that exceeds a limit.

    The change at a sample is its value less the value ``over`` before; a finding is an interval of
    samples whose change exceeds the limit. Its peak is the change, negative for a fall.

    Attributes:
        of: A parameter or expression.
        over: Length of the window; with PT1S the limits are units per second.
        rises_by_more_than: Limit of a rise.
        falls_by_more_than: Instead of ``rises_by_more_than``: limit of a fall.
        when: Additional condition at the end of the window.
        lasting: Shortest duration of a finding, from its first to its last sample.
    """

    kind: Literal["rate_of_change"]
    of: QuantityField
    over: Annotated[Duration, Field(gt=timedelta(0))]
    rises_by_more_than: PositiveLimit | None = None
    falls_by_more_than: PositiveLimit | None = None
    when: ConditionField | None = None
    lasting: Duration = timedelta(0)

    @model_validator(mode="after")
    def _one_direction(self) -> "RateOfChange":
        if (self.rises_by_more_than is None) == (self.falls_by_more_than is None):
            raise ValueError("give either rises_by_more_than or falls_by_more_than")
        return self

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """Parameters of the value and of the condition."""
        return self.of.parameter_names | (self.when.parameter_names if self.when else frozenset())

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """One finding for every interval of samples whose change exceeds the limit."""
        rate_hz = grid.rate_hz(self.parameter_names)
        change = change_over(grid.quantity_values(self.of, rate_hz), self.over, grid, rate_hz)
        rank = change if self.falls_by_more_than is None else -change
        over_s = self.over.total_seconds()
        measure = PeakMeasure(change, rank, f"change of {self.of} in {over_s:g} s")
        for bounds in find_events(self._mask(rank, grid, rate_hz), grid, rate_hz, self.lasting):
            yield make_finding(bounds, grid, rate_hz, severity=self.severity, measure=measure)

    def _mask(self, rank: Values, grid: SampleGrid, rate_hz: int) -> Mask:
        limit = self.rises_by_more_than or self.falls_by_more_than
        mask = (rank > np.float64(limit or 0)) & grid.phase_mask(self.during, rate_hz)
        return mask & grid.condition_mask(self.when, rate_hz) if self.when else mask


def change_over(values: Values, over: timedelta, grid: SampleGrid, rate_hz: int) -> Values:
    """Each value less the value ``over`` before; NaN without one, or with a gap in between.

    The window is rounded to whole samples, at least one.
    """
    back = max(1, round(over / timedelta(seconds=1) * rate_hz))
    change = np.full(len(values), np.nan)
    segment = grid.segment(rate_hz)
    unbroken = segment[back:] == segment[:-back]
    change[back:] = np.where(unbroken, values[back:] - values[:-back], np.nan)
    return change
