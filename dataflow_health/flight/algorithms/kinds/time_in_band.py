"""Kind ``time_in_band``: total time of a value inside or outside a band."""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from dataflow_health.flight.algorithms.fields import Duration, QuantityField
from dataflow_health.flight.algorithms.finding import Finding
from dataflow_health.flight.algorithms.kinds.kind import AlgorithmKind
from dataflow_health.flight.algorithms.sample_grid import SampleGrid


class TimeInBand(AlgorithmKind):
    """Time in a band, summed over the flight: at most one finding.

    The finding spans the first to the last sample counted; its peak is the total time in seconds,
    or its share, from 0 to 1, of the time with a known value.

    Attributes:
        of: A parameter or expression.
        band: Lowest and highest value; both belong to the band.
        counting: Whether time ``inside`` or ``outside`` the band counts.
        total: Shortest total time of a finding.
        share: Instead of ``total``: a larger share of the time is a finding.
    """

    kind: Literal["time_in_band"]
    of: QuantityField
    band: tuple[float, float]
    counting: Literal["inside", "outside"] = "inside"
    total: Duration | None = None
    share: Annotated[float, Field(ge=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> "TimeInBand":
        if self.band[0] > self.band[1]:
            raise ValueError(f"band {list(self.band)} must be [lowest, highest]")
        if (self.total is None) == (self.share is None):
            raise ValueError("give either total (a duration) or share (0 to 1)")
        return self

    @cached_property
    def parameter_names(self) -> frozenset[str]:
        """Parameters of the value."""
        return self.of.parameter_names

    def find(self, grid: SampleGrid) -> Iterator[Finding]:
        """One finding if the total time or the share is reached."""
        rate_hz = grid.rate_hz(self.parameter_names)
        values = grid.quantity_values(self.of, rate_hz)
        known = grid.phase_mask(self.during, rate_hz) & ~np.isnan(values)
        in_band = (values >= self.band[0]) & (values <= self.band[1])
        counted = np.flatnonzero(known & (in_band == (self.counting == "inside")))
        known_s, counted_s = known.sum() / rate_hz, len(counted) / rate_hz
        if not len(counted) or not self._is_enough(counted_s, counted_s / known_s):
            return
        start_s, end_s = grid.time_s(counted[[0, -1]], rate_hz)
        low, high = self.band
        yield Finding(
            start_s=float(start_s),
            end_s=float(end_s),
            peak=float(counted_s if self.share is None else counted_s / known_s),
            peak_at_s=float(end_s),
            severity=self.severity,
            detail=f"{self.of} {self.counting} {low:g} to {high:g}"
            f" for {counted_s:.6g} of {known_s:.6g} s",
        )

    def _is_enough(self, counted_s: float, share: float) -> bool:
        if self.share is not None:
            return share > self.share
        return self.total is not None and counted_s >= self.total.total_seconds()
