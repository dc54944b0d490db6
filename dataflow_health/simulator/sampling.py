"""Instruments read at the layout's own rates, with the noise of a sensor, and rounded to counts."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from dataflow_health.flight.layout import Layout, Parameter
from dataflow_health.simulator.convert import (
    Floats,
    Integers,
    text_fields,
    to_counts,
    to_exact_counts,
    to_values,
)
from dataflow_health.simulator.curve import GRID_HZ
from dataflow_health.simulator.physics import Flown

Readings = dict[str, Floats]
"""float64 (seconds, samples in a row) by parameter name."""

CountTable = dict[str, Integers]
"""int64 (seconds, samples in a row) by parameter name."""

NOISE_COUNTS = 0.7
"""Standard deviation of an analogue reading, in counts of its parameter."""


def read(flown: Flown, layout: Layout, rng: np.random.Generator) -> Readings:
    """Reads every instrument that the layout knows.

    Args:
        flown: The flight.
        layout: Rates and conversions.
        rng: Of the noise.

    Returns:
        A row for every second, of slow parameters too; the layout decides which are recorded.
    """
    return {
        name: _noisy(parameter, _rows(flown, name, parameter), rng)
        for name, parameter in layout.parameters.items()
        if name in flown.signals
    }


def clock(started_at: datetime, seconds: int, clock_names: Mapping[str, str]) -> Readings:
    """The recorder's clock.

    Args:
        started_at: UTC instant of the first second.
        seconds: Length of the recording.
        clock_names: Parameter name by field of ``datetime``: ``hour``, ``minute`` and so on.

    Returns:
        One row a second.
    """
    instants = [started_at + timedelta(seconds=k) for k in range(seconds)]
    return {
        name: np.array([[float(getattr(instant, field))] for instant in instants])
        for field, name in clock_names.items()
    }


def constant(layout: Layout, seconds: int, values: Mapping[str, float]) -> Readings:
    """Parameters that say the same all the time."""
    return {
        name: np.full((seconds, len(layout.parameters[name].samples)), value)
        for name, value in values.items()
    }


def rounded(layout: Layout, readings: Mapping[str, Floats]) -> CountTable:
    """Readings as the counts that are recorded."""
    return {name: to_counts(layout.parameters[name], rows) for name, rows in readings.items()}


def lettered(layout: Layout, seconds: int, texts: Mapping[str, str]) -> CountTable:
    """Texts as the bits that are recorded, the same in every row."""
    return {
        name: np.tile(text_fields(layout.parameters[name], text), (seconds, 1))
        for name, text in texts.items()
    }


def _rows(flown: Flown, name: str, parameter: Parameter) -> Floats:
    grid = flown.signals[name].reshape(flown.seconds, GRID_HZ)
    return grid[:, :: GRID_HZ // len(parameter.samples)]


def _noisy(parameter: Parameter, rows: Floats, rng: np.random.Generator) -> Floats:
    if parameter.coding == "discrete":
        return rows
    noise = rng.standard_normal(rows.shape) * NOISE_COUNTS
    values = to_values(parameter, to_exact_counts(parameter, rows) + noise)
    return values if parameter.valid_range is None else np.clip(values, *parameter.valid_range)
