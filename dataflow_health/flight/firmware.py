"""Reads the recorder's software version from a recording."""

import numpy as np

from dataflow_health.flight.parameter import format_counts
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series

SOFTWARE_VERSION = "software_version"
"""Name that a layout gives to the parameter that holds the version."""


def software_version(decoded: DecodedRecording) -> str | None:
    """The most frequent value of the version parameter, as text.

    Returns:
        None when the layout has no such parameter, or no sample of it was read.
    """
    series = decoded.series.get(SOFTWARE_VERSION)
    if series is None:
        return None
    counts, times = np.unique(series.counts[series.counts != MISSING], return_counts=True)
    if not len(counts):
        return None
    count = counts[[times.argmax()]].astype(np.int32)[None, :]
    one_sample = Series(series.parameter, np.zeros(1, np.int32), count, (0.0,), series.text)
    return format_counts(one_sample)[1][0] or None
