"""Kind ``disagreement``: two measurements of the same value that differ."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dataflow_health.flight.algorithms.expression import Mask, Values
from dataflow_health.flight.algorithms.fields import ConditionField, Duration, QuantityField
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.intervals import window_coverage
from dataflow_health.flight.algorithms.kinds.kind import (
    AlgorithmKind,
    PeakMeasure,
    find_events,
    make_finding,
)
from dataflow_health.flight.algorithms.kinds.rate_of_change import PositiveLimit, change_over
from dataflow_health.flight.algorithms.sample_grid import SampleGrid


class Disagreement(AlgorithmKind):
    """Two values that differ by more than a tolerance for too long.

    With ``integral_over``, the first value is a stock and the second its outflow per second: the
    fall of the first over that time is compared with the integral of the second. Then the phase and
    ``when`` must hold throughout the window.

    Attributes:
        between: Two parameters or expressions.
        by_more_than: Tolerance in their unit.
        by_more_than_percent: Instead of ``by_more_than``: tolerance in percent of the larger of the
            two magnitudes.
        integral_over: Window over which the fall of the first value is compared with the integral
            of the second.
        when: Additional condition.
        lasting: Shortest duration of a finding, from its first to its last sample.
    """

    kind: Literal["disagreement"]
    between: tuple[QuantityField, QuantityField]
    by_more_than: PositiveLimit | None = None
    by_more_than_percent: PositiveLimit | None = None
    integral_over: Annotated[Duration, Field(gt=timedelta(0))] | None = None
    when: ConditionField | None = None
    lasting: Duration = timedelta(0)

    @model_validator(mode="after")
    def _one_tolerance(self) -> "Disagreement":
        if (self.by_more_than is None) == (self.by_more_than_percent is None):
            raise ValueError("give either by_more_than or by_more_than_percent")
        return self

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """Parameters of both values and of the condition."""
        both = self.between[0].parameter_names | self.between[1].parameter_names
        return both | (self.when.parameter_names if self.when else frozenset())

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """One finding for every interval in which the two differ too much."""
        rate_hz = grid.rate_hz(self.parameter_names)
        first, second = (grid.quantity_values(part, rate_hz) for part in self.between)
        inside = grid.phase_mask(self.during, rate_hz)
        if self.when:
            inside = inside & grid.condition_mask(self.when, rate_hz)
        if self.integral_over is not None:
            inside = _holds_throughout(inside, self.integral_over, rate_hz)
            first = -change_over(first, self.integral_over, grid, rate_hz)
            total = _running_integral(second, rate_hz)
            second = change_over(total, self.integral_over, grid, rate_hz)
        yield from self._findings(self._measure(first, second), inside, grid, rate_hz)

    def _measure(self, first: Values, second: Values) -> PeakMeasure:
        apart = np.abs(first - second)
        label = f"{self.between[0]} against {self.between[1]}:"
        if self.by_more_than is not None:
            return PeakMeasure(apart, apart, label)
        larger = np.maximum(np.abs(first), np.abs(second))
        percent = 100 * apart / np.where(larger == 0, np.nan, larger)
        return PeakMeasure(percent, percent, f"percent, {label}")

    def _findings(
        self, measure: PeakMeasure, inside: Mask, grid: SampleGrid, rate_hz: int
    ) -> Iterator[Finding]:
        limit = np.float64(self.by_more_than or self.by_more_than_percent or 0)
        mask = inside & (measure.rank > limit)
        for bounds in find_events(mask, grid, rate_hz, self.lasting):
            yield make_finding(bounds, grid, rate_hz, severity=self.severity, measure=measure)


def _holds_throughout(inside: Mask, over: timedelta, rate_hz: int) -> Mask:
    """True where the mask holds throughout the window that ends at each sample."""
    samples = round(over / timedelta(seconds=1) * rate_hz) + 1
    outside = np.append(~inside, np.ones(samples - 1, dtype=np.bool_))
    return ~window_coverage(outside[: len(inside)], samples)[: len(inside)]


def _running_integral(per_second: Values, rate_hz: int) -> Values:
    """Integral up to each sample; the difference of two is the integral between them."""
    return np.concatenate(([0.0], np.cumsum(per_second[:-1]))) / rate_hz
