"""A parameter around a finding as one line of text, for messages: mail, chat and pagers show it."""

import numpy as np
from loguru import logger
from sqlalchemy import Engine

from dataflow_health.errors import DataflowHealthError
from dataflow_health.flight.downsample import Floats
from dataflow_health.operations import series
from dataflow_health.schemas import ParameterSeries
from dataflow_health.storage.files.lake import Lake

COLUMNS = 40
AROUND_S = 30.0
"""Seconds shown before a finding and after it."""
BARS = "▁▂▃▄▅▆▇█"
"""Lowest to highest value (Unicode, Block Elements U+2581 to U+2588)."""
NO_SAMPLE = " "


def draw(
    engine: Engine, lake: Lake, recording_id: str, parameter: str, span: tuple[float, float]
) -> str:
    """The parameter from a little before a finding to a little after it.

    Args:
        engine: Database of the ledger.
        lake: Files of the stages.
        recording_id: Id of the recording.
        parameter: Name of the parameter.
        span: First and last second of the finding.

    Returns:
        ``▁▁▂▆█▇▃▁ 98.2 to 108.5 %, second 270 to 343``; empty when it cannot be drawn, since a
        message must not wait for its plot.
    """
    shown = (max(span[0] - AROUND_S, 0.0), span[1] + AROUND_S)
    try:
        found = series.series(engine, lake, recording_id, parameter, shown, COLUMNS)
    except DataflowHealthError as error:
        logger.warning("{} of {} is not drawn: {}", parameter, recording_id[:12], error)
        return ""
    at_s = np.asarray(found.at_s)
    values = np.asarray(found.values, dtype=np.float64)
    is_known = ~np.isnan(values)
    if not is_known.any():
        return ""
    last_s = min(shown[1], found.last_s)
    bars = _bars(at_s[is_known], values[is_known], shown[0], last_s)
    return f"{bars} {_range(values[is_known], found)}, second {shown[0]:g} to {last_s:g}"


def _range(values: Floats, found: ParameterSeries) -> str:
    return f"{values.min():.6g} to {values.max():.6g} {found.unit}".rstrip()


def _bars(at_s: Floats, values: Floats, from_s: float, to_s: float) -> str:
    """One bar for each part of the time: of its values the one that stands out most."""
    column = ((at_s - from_s) / max(to_s - from_s, 1.0) * COLUMNS).astype(int).clip(0, COLUMNS - 1)
    usual, span = np.median(values), np.ptp(values) or 1.0
    bars = [NO_SAMPLE] * COLUMNS
    for number in np.unique(column):
        inside = values[column == number]
        value = inside[np.abs(inside - usual).argmax()]
        bars[number] = BARS[round((value - values.min()) / span * (len(BARS) - 1))]
    return "".join(bars)
