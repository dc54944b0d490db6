"""Result of decoding: counts on a one-second grid, and the regions that were lost."""

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
"""Count that marks a missing or invalid sample (a BCD digit above 9) in a row with other samples.

A row without any sample is left out of :attr:`Series.rows` instead.
"""

STUCK_COUNTER = "the superframe counter does not count: its parameters are left out"
"""Note of a decoder; :mod:`~dataflow_health.flight.quality` makes a remark of it."""

REPEATED_DATA = "repeat earlier ones and are left out"
"""Words that mark a decoder's note on repeated data; made a remark likewise."""

MARKED_DATA = "have words that the ground station marked as bad, and are left out"
"""Words that mark a decoder's note on marked data; made a remark likewise."""

CLOCK_JUMP = "the clock jumps"
"""Words that mark a decoder's note on a clock jump; made a remark likewise."""


@dataclass(frozen=True, slots=True)
class UnsyncedRegion:
    """A range of bytes that belongs to no trusted subframe.

    Attributes:
        byte_offset: First byte of the region.
        length: Length in bytes.
        lost_subframes: Estimated number of subframes, and so seconds, missing there.
    """

    byte_offset: int
    length: int
    lost_subframes: int


@dataclass(frozen=True, slots=True)
class Series:
    """Counts of one parameter.

    Attributes:
        parameter: Declaration of the parameter (coding, conversion, unit).
        rows: int32 (m,), indices into :attr:`DecodedRecording.second`, ascending.
        counts: int32 (m, samples in a row); :data:`MISSING` where a sample is missing.
        offsets_s: Time of each sample of a row, in seconds after the row's second.
        text: For ``characters`` only: the string that each count stands for.
    """

    parameter: Parameter
    rows: npt.NDArray[np.int32]
    counts: Counts
    offsets_s: tuple[float, ...]
    text: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DecodedRecording:
    """One decoded recording.

    Attributes:
        second: int32 (n,), ascending; second since the start of the recording, of each row. A gap
            in it is a gap in the recording.
        series: By parameter name.
        started_at: UTC time of second 0 by the recorder's clock, None when unknown.
        encoding: Word packing of ARINC 717 (``le16``, ``be16``, ``packed``), else the kind of its
            recorder.
        duration_s: Seconds from first to last row, gaps included.
        lost_s: Seconds inside that span for which there is no row.
        unsynced: Regions that could not be trusted.
        notes: Other observations, each a sentence for people.
        clock_s: Time of day of second 0 by the recorder's clock, None when unknown; with or without
            a date.
    """

    second: npt.NDArray[np.int32]
    series: Mapping[str, Series]
    started_at: datetime | None
    encoding: str
    duration_s: int
    lost_s: int
    unsynced: tuple[UnsyncedRegion, ...] = ()
    notes: tuple[str, ...] = ()
    clock_s: int | None = None


@dataclass(frozen=True, slots=True)
class Flight:
    """One recording in engineering units: the input of algorithms.

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
    """Turns the bytes of one recording into counts; implemented once per recorder kind."""

    def __call__(self, raw: bytes, recorder: Recorder, layout: Layout | None) -> DecodedRecording:
        """Decodes a recording or raises :class:`~dataflow_health.errors.RecordingRefused`."""
        ...
