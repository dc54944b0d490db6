"""What a decoder gives back: counts on a one-second grid, and the account of what was lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.layout import Layout, Parameter
from dataflow_health.flight.recorder import Recorder

Counts = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]

MISSING = -(2**31)
"""Count of a sample that is not there or is no number (a BCD digit above 9), in a row with others.

A row without any sample is left out of :attr:`Series.rows` instead.
"""


@dataclass(frozen=True, slots=True)
class UnsyncedRegion:
    """A stretch of bytes that belongs to no trusted subframe.

    Attributes:
        byte_offset: Where it starts.
        length: Its length in bytes.
        lost_subframes: Seconds of recording missing there, as far as it can be told.
    """

    byte_offset: int
    length: int
    lost_subframes: int


@dataclass(frozen=True, slots=True)
class Series:
    """Counts of one parameter.

    Attributes:
        parameter: Its declaration (coding, conversion, unit).
        rows: int32 (m,), indices into :attr:`Decoded.second`, ascending.
        counts: int32 (m, samples in a row); :data:`MISSING` where a sample is missing.
        offsets_s: Time of each sample in a row after the row's second.
        text: For ``characters`` only: the string each count stands for, by count.
    """

    parameter: Parameter
    rows: npt.NDArray[np.int32]
    counts: Counts
    offsets_s: tuple[float, ...]
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecodedRecording:
    """One recording, decoded.

    Attributes:
        second: int32 (n,), ascending; the second since the recording's start that each row is. A
            gap in it is a gap in the recording.
        series: By parameter name.
        started_at: UTC instant of second 0 by the recording's own clock, None if it tells none.
        container: How the words were packed: ``le16``, ``be16``, ``packed``, ``csv``.
        duration_s: Seconds from first to last row, gaps included.
        lost_s: Seconds inside that span for which there is no row.
        unsynced: Regions that could not be trusted.
        notes: Anything else a person should know.
    """

    second: npt.NDArray[np.int32]
    series: Mapping[str, Series]
    started_at: datetime | None
    container: str
    duration_s: int
    lost_s: int
    unsynced: tuple[UnsyncedRegion, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flight:
    """One recording in engineering units, as algorithms see it.

    Attributes:
        second: int32 (n,), ascending; gaps are gaps.
        values: float64 (n, samples a second) by parameter name; NaN where there is no sample. A
            parameter slower than 1 Hz has one column and NaN in the seconds between.
        units: Unit by parameter name.
    """

    second: npt.NDArray[np.int32]
    values: Mapping[str, Values]
    units: Mapping[str, str] = field(default_factory=dict)


class Decoder(Protocol):
    """Bytes of one recording to counts. One function per recorder kind implements it."""

    def __call__(self, raw: bytes, recorder: Recorder, layout: Layout | None) -> DecodedRecording:
        """Decodes, or raises :class:`~dataflow_health.errors.RecordingRefused`."""
        ...
