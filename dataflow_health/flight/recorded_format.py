"""Format of a recording: its parameters with values, their rates, units and ranges."""

import hashlib
import json
from collections.abc import Mapping

from dataflow_health.flight.recording import MISSING, DecodedRecording, Series

ParameterFormat = tuple[float, str, float | None, float | None]
"""Samples a second, unit, and lowest and highest possible value, None when not declared."""

_DIGEST_LENGTH = 16


def recorded_format(decoded: DecodedRecording) -> Mapping[str, ParameterFormat]:
    """Format of every parameter of which a recording has a sample, by name. Pure."""
    return {
        name: _parameter_format(series)
        for name, series in sorted(decoded.series.items())
        if (series.counts != MISSING).any()
    }


def format_digest(formats: Mapping[str, ParameterFormat]) -> str:
    """Digest of a format: equal for equal parameters, rates, units and ranges."""
    listing = json.dumps(formats, sort_keys=True).encode()
    return hashlib.sha256(listing).hexdigest()[:_DIGEST_LENGTH]


def _parameter_format(series: Series) -> ParameterFormat:
    """The rate is that of the samples where it is not below one a second."""
    parameter = series.parameter
    samples = series.counts.shape[1]
    rate_hz = samples if samples > 1 and parameter.rate_hz else parameter.rate_hz
    low, high = parameter.valid_range or (None, None)
    return float(rate_hz), parameter.unit, low, high
