"""Which software the recorder ran, as far as the recording tells."""

import numpy as np

from dataflow_health.flight.parameter import format_counts
from dataflow_health.flight.recording import MISSING, DecodedRecording, Series

SOFTWARE_VERSION = "software_version"
"""Parameter of a layout that tells it."""


def software_version(decoded: DecodedRecording) -> str | None:
    """What most samples say, as text: a damaged frame or two change nothing.

    Returns:
        None when the layout has no such parameter, or no sample of it was read.
    """
    series = decoded.series.get(SOFTWARE_VERSION)
    if series is None:
        return None
    counts, times = np.unique(series.counts[series.counts != MISSING], return_counts=True)
    if not len(counts):
        return None
    most = counts[[times.argmax()]].astype(np.int32)[None, :]
    told = Series(series.parameter, np.zeros(1, np.int32), most, (0.0,), series.text)
    return format_counts(told)[1][0] or None
