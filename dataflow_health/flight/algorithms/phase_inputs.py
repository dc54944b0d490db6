"""Inputs of the rules for phases of flight: one value per second, smoothed where it is noisy."""

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

    def __getitem__(self, name: str) -> Values:
        values = self.flight.values.get(name)
        if values is None:
            return np.full(len(self.segment), np.nan)
        return mean_per_second(hold_samples(values, self.segment))

    def has(self, name: str) -> bool:
        """Whether a parameter has any value."""
        return not bool(np.isnan(self[name]).all())


def climb_ft_min(inputs: PhaseInputs) -> Values:
    """Vertical speed smoothed over some seconds; NaN where it is unknown."""
    climb = inputs["vertical_speed_ft_min"]
    if not inputs.has("vertical_speed_ft_min"):
        climb = np.diff(inputs["pressure_altitude_ft"], prepend=np.nan) * _MINUTE_S
        climb[np.diff(inputs.segment, prepend=0) != 0] = np.nan
    return centred_mean(climb, inputs.segment, VERTICAL_SPEED_MEAN_S // 2)


def centred_mean(values: Values, segment: Indices, reach: int) -> Values:
    """Mean of the known values within ``reach`` rows on both sides, without a gap in between.

    Summed window by window, not as a difference of running sums, so that a value does not depend on
    values recorded long before it.
    """
    total, count = np.zeros(len(values)), np.zeros(len(values))
    rows = np.arange(len(values))
    for step in range(-reach, reach + 1):
        other = np.clip(rows + step, 0, len(values) - 1)
        is_known = (rows + step == other) & (segment[other] == segment) & ~np.isnan(values[other])
        total[is_known] += values[other[is_known]]
        count += is_known
    mean: Values = np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)
    return mean
