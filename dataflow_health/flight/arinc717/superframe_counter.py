"""Reads the superframe counter, which numbers frames and so reveals lost ones."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dataflow_health.flight.arinc717.recorder_clock import is_consistent, most_common
from dataflow_health.flight.arinc717.subframes import Subframes
from dataflow_health.flight.layout import Counter

FRAME_S = 4
"""Seconds, and subframes, in a frame."""


@dataclass(frozen=True, slots=True)
class CounterReadings:
    """Readings of the superframe counter.

    Attributes:
        rows: int64 (m,), ascending.
        offset: int64 (m,): the counter less the number of the row's frame (see
            :func:`number_frames`), modulo ``modulus``; constant while no frame is lost.
        modulus: Frames after which the counter starts again.
    """

    rows: npt.NDArray[np.int64]
    offset: npt.NDArray[np.int64]
    modulus: int


def read_superframe_counter(subframes: Subframes, counter: Counter) -> CounterReadings | None:
    """The superframe counter, whatever its step; None when it does not count.

    Some units count frames by one in a field wider than four bits, some by 256 in a whole word.
    """
    rows = np.flatnonzero(subframes.number == counter.subframe)
    if len(rows) < 2:
        return None
    low, high = counter.bits
    size = 1 << (high - low + 1)
    field = (subframes.words[rows, counter.word - 1].astype(np.int64) >> (low - 1)) % size
    step = most_common(np.diff(field) % size)
    if step == 0 or size % step:
        return None
    modulus = size // step
    offset = (field // step - number_frames(subframes)[rows]) % modulus
    is_kept = is_consistent(offset, modulus, 0)
    return CounterReadings(rows[is_kept], offset[is_kept], modulus) if is_kept.any() else None


def number_frames(subframes: Subframes) -> npt.NDArray[np.int64]:
    """A number for each row's frame that grows by one per frame while no subframe is lost."""
    return (np.arange(len(subframes.number)) - subframes.number + 1) // FRAME_S
