"""Kind ``disagreement``: two ways of knowing the same thing that do not tell the same."""

from collections.abc import Iterator
from datetime import timedelta
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

    With ``integral_over``, the first is a stock and the second what leaves it each second: the
    fall of the first over that time is compared with the sum of the second. Then the phase and
    ``when`` must hold throughout the window.

    Attributes:
        between: Two parameters or expressions.
        by_more_than: Tolerance in their unit,
        by_more_than_percent: or in percent of the larger of the two (magnitudes).
        integral_over: Compare the fall of the first with the integral of the second.
        when: What must hold as well.
        lasting: From the first to the last instant of disagreement.
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

    @property
    def names(self) -> frozenset[str]:
        """Parameters of both values and of the condition."""
        both = self.between[0].names | self.between[1].names
        return both | (self.when.names if self.when else frozenset())

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """Every stretch in which the two differ too much."""
        rate_hz = grid.rate_hz(self.names)
        first, second = (grid.value(part, rate_hz) for part in self.between)
        inside = grid.during(self.during, rate_hz)
        if self.when:
            inside = inside & grid.where(self.when, rate_hz)
        if self.integral_over is not None:
            inside = _holds_throughout(inside, self.integral_over, rate_hz)
            first = -change_over(first, self.integral_over, grid, rate_hz)
            second = change_over(
                _running_integral(second, rate_hz), self.integral_over, grid, rate_hz
            )
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
    """Where it has been so for the whole window that ends here."""
    samples = round(over / timedelta(seconds=1) * rate_hz) + 1
    outside = np.append(~inside, np.ones(samples - 1, dtype=np.bool_))
    return ~window_coverage(outside[: len(inside)], samples)[: len(inside)]


def _running_integral(per_second: Values, rate_hz: int) -> Values:
    """Running integral: the sum before each sample, so a difference is the integral between."""
    return np.concatenate(([0.0], np.cumsum(per_second[:-1]))) / rate_hz
