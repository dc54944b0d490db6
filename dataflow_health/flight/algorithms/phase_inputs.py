"""Inputs of the rules for phases of flight: one value per second, smoothed where it is noisy."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from dataflow_health.flight.algorithms.expression import Values
from dataflow_health.flight.algorithms.sample_hold import (
    Indices,
    hold_samples,
    mean_per_second,
    segment_numbers,
)
from dataflow_health.flight.recording import Flight

VERTICAL_SPEED_MEAN_S = 5

_MINUTE_S = 60.0


class PhaseInputs:
    """The parameters that the rules use: one value per second, NaN where it is missing."""

    def __init__(self, flight: Flight) -> None:
        self.flight = flight
        self.segment = segment_numbers(flight.second)
        self._means: dict[str, Values] = {}

    def __getitem__(self, name: str) -> Values:
        if name not in self._means:
            self._means[name] = self._mean(name)
            self._means[name].flags.writeable = False  # shared by all rules
        return self._means[name]

    def has(self, name: str) -> bool:
        """Whether a parameter has any value."""
        return not bool(np.isnan(self[name]).all())

    @cached_property
    def climb_ft_min(self) -> Values:
        """Vertical speed smoothed over some seconds; NaN where it is unknown."""
        climb = self["vertical_speed_ft_min"]
        if not self.has("vertical_speed_ft_min"):
            climb = np.diff(self["pressure_altitude_ft"], prepend=np.nan) * _MINUTE_S
            climb[np.diff(self.segment, prepend=0) != 0] = np.nan
        return centred_mean(climb, self.segment, VERTICAL_SPEED_MEAN_S // 2)

    def _mean(self, name: str) -> Values:
        values = self.flight.values.get(name)
        if values is None:
            return np.full(len(self.segment), np.nan)
        return mean_per_second(hold_samples(values, self.segment))


def neighbours(size: int, reach: int) -> Iterator[tuple[slice, slice]]:
    """Rows and those at a distance from them, for every distance up to ``reach`` on both sides.

    Slices, because numpy reads them several times as fast as numbers of rows.

    Args:
        size: Number of rows.
        reach: Largest distance in rows.
    """
    for step in range(-min(reach, size), min(reach, size) + 1):
        first, end = max(0, -step), size - max(0, step)
        yield slice(first, end), slice(first + step, end + step)


def centred_mean(values: Values, segment: Indices, reach: int) -> Values:
    """Mean of the known values within ``reach`` rows on both sides, without a gap in between.

    Summed window by window, not as a difference of running sums, so that a value does not depend on
    values recorded long before it.
    """
    total, count = np.zeros(len(values)), np.zeros(len(values))
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    for here, there in neighbours(len(values), reach):
        is_known = (segment[here] == segment[there]) & known[there]
        total[here] += np.where(is_known, filled[there], 0.0)
        count[here] += is_known
    mean: Values = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean
