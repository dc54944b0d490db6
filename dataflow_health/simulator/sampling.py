"""Samples instruments at the rates of a layout, adds sensor noise, and rounds to counts."""

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
from dataflow_health.simulator.curves import GRID_HZ
from dataflow_health.simulator.physics import FlightSignals

Readings = dict[str, Floats]
"""float64 (seconds, samples in a row) by parameter name."""

CountTable = dict[str, Integers]
"""int64 (seconds, samples in a row) by parameter name."""

NOISE_COUNTS = 0.7
"""Standard deviation of analogue readings, in counts of the parameter."""


def sample_instruments(flight: FlightSignals, layout: Layout, rng: np.random.Generator) -> Readings:
    """Samples every parameter of the layout.

    Args:
        flight: Signals of the flight.
        layout: Rates and conversions.
        rng: Source of the noise.

    Returns:
        One row for every second, also of slow parameters; the layout selects the recorded rows.
    """
    return {
        name: _noisy(parameter, _rows(flight, name, parameter), rng)
        for name, parameter in layout.parameters.items()
        if name in flight.signals
    }


def clock_readings(started_at: datetime, seconds: int, parameters: Mapping[str, str]) -> Readings:
    """Readings of the recorder's clock.

    Args:
        started_at: Time of the first second, UTC.
        seconds: Duration of the recording.
        parameters: Parameter name by field of ``datetime``: ``hour``, ``minute`` and so on.

    Returns:
        One row for each second.
    """
    times = [started_at + timedelta(seconds=k) for k in range(seconds)]
    return {
        name: np.array([[float(getattr(time, field))] for time in times])
        for field, name in parameters.items()
    }


def constant_readings(layout: Layout, seconds: int, values: Mapping[str, float]) -> Readings:
    """Readings of parameters with a constant value."""
    return {
        name: np.full((seconds, len(layout.parameters[name].samples)), value)
        for name, value in values.items()
    }


def round_to_counts(layout: Layout, readings: Mapping[str, Floats]) -> CountTable:
    """Rounds readings to counts."""
    return {name: to_counts(layout.parameters[name], rows) for name, rows in readings.items()}


def encode_texts(layout: Layout, seconds: int, texts: Mapping[str, str]) -> CountTable:
    """Encodes texts as bits, the same in every row."""
    return {
        name: np.tile(text_fields(layout.parameters[name], text), (seconds, 1))
        for name, text in texts.items()
    }


def _rows(flight: FlightSignals, name: str, parameter: Parameter) -> Floats:
    grid = flight.signals[name].reshape(flight.seconds, GRID_HZ)
    return grid[:, :: GRID_HZ // len(parameter.samples)]


def _noisy(parameter: Parameter, rows: Floats, rng: np.random.Generator) -> Floats:
    if parameter.coding == "discrete":
        return rows
    noise = rng.standard_normal(rows.shape) * NOISE_COUNTS
    values = to_values(parameter, to_exact_counts(parameter, rows) + noise)
    return values if parameter.valid_range is None else np.clip(values, *parameter.valid_range)
