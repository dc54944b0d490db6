"""Kind ``exceedance``: a condition that holds for too long."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cached_property
from typing import Literal

import numpy as np
from pydantic import model_validator

from dataflow_health.flight.algorithms.condition import Condition, Quantity
from dataflow_health.flight.algorithms.expression import Mask, first_comparison, parameter_names
from dataflow_health.flight.algorithms.fields import ConditionField, Duration, QuantityField
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.intervals import apply_hysteresis
from dataflow_health.flight.algorithms.kinds.kind import (
    AlgorithmKind,
    PeakMeasure,
    find_events,
    make_finding,
)
from dataflow_health.flight.algorithms.sample_grid import SampleGrid
from dataflow_health.flight.layout import FlightModel


class PeakField(FlightModel):
    """Value that shows how severe an event was.

    Attributes:
        of: A parameter or expression.
        take: Whether the greatest or the smallest value is the peak.
        furthest_from: Instead of ``take``: the value furthest from this number is the peak, for
            limits on both sides.
    """

    of: QuantityField
    take: Literal["max", "min"] | None = None
    furthest_from: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "PeakField":
        if (self.take is None) == (self.furthest_from is None):
            raise ValueError("give either take (max or min) or furthest_from (a number)")
        return self

    def measure(self, grid: SampleGrid, rate_hz: int) -> PeakMeasure:
        """Values from which the peak is taken."""
        values = grid.quantity_values(self.of, rate_hz)
        if self.furthest_from is not None:
            return PeakMeasure(values, np.abs(values - self.furthest_from), f"{self.of}")
        rank = values if self.take == "max" else -values
        return PeakMeasure(values, rank, f"{self.take} {self.of}")


class Exceedance(AlgorithmKind):
    """A condition that holds for at least a given duration.

    Attributes:
        when: Condition that begins an event.
        lasting: Shortest duration of a finding, from the event's first to its last sample.
        clear: Condition that ends an event, for a limit that noise would cross many times. When
            left out, the event ends with the last sample at which ``when`` holds. Leaving
            ``during`` and gaps end it too.
        peak: Value that shows how severe the event was. When left out, the extreme of the first
            comparison in ``when``.
    """

    kind: Literal["exceedance"]
    when: ConditionField
    lasting: Duration = timedelta(0)
    clear: ConditionField | None = None
    peak: PeakField | None = None

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """Parameters of the conditions and of the peak."""
        others = [part.parameter_names for part in (self.clear, self.peak and self.peak.of) if part]
        return self.when.parameter_names.union(*others)

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """One finding for every event that lasts long enough."""
        rate_hz = grid.rate_hz(self.parameter_names)
        measure = None
        for bounds in find_events(self._mask(grid, rate_hz), grid, rate_hz, self.lasting):
            if measure is None and (peak := self.peak or _default_peak(self.when)):
                measure = peak.measure(grid, rate_hz)
            yield make_finding(bounds, grid, rate_hz, severity=self.severity, measure=measure)

    def _mask(self, grid: SampleGrid, rate_hz: int) -> Mask:
        inside = grid.phase_mask(self.during, rate_hz)
        begins = grid.condition_mask(self.when, rate_hz) & inside
        if self.clear is None:
            return begins
        ends = grid.condition_mask(self.clear, rate_hz) | ~inside
        return apply_hysteresis(begins, ends, grid.segment_starts(rate_hz))


def _default_peak(when: Condition) -> PeakField | None:
    """The extreme of the value that the first comparison limits, None for equality."""
    first = first_comparison(when.tree)
    is_rising = first.operator in {">", ">="}
    if first.operator in {"=", "!="}:
        return None
    if parameter_names(first.left):
        return PeakField(of=Quantity(first.left), take="max" if is_rising else "min")
    return PeakField(of=Quantity(first.right), take="min" if is_rising else "max")
