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
    """The rate is the declared one, or the usual number of samples a second where it is measured.

    A measured rate has two digits: it jitters, and its formats would be as many as recordings.
    """
    parameter = series.parameter
    rate_hz, columns = parameter.rate_hz, series.counts.shape[1]
    is_declared = parameter.place is None and len(parameter.samples) == columns
    if columns > 1 and rate_hz and not is_declared:
        sizes = (series.counts != MISSING).sum(axis=1)
        rate_hz = float(f"{sizes[sizes > 0].mean():.2g}")
    low, high = parameter.valid_range or (None, None)
    return float(rate_hz), parameter.unit, low, high
