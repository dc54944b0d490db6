"""Subframes for tests, without a file around them."""

from collections.abc import Sequence

import numpy as np

from dataflow_health.flight.arinc717.subframes import UNKNOWN_FRAME, Subframes


def make_subframes(
    words: Sequence[Sequence[int]],
    *,
    second: Sequence[int] | None = None,
    first_number: int = 1,
    first_frame: int | None = None,
    bit_offset: Sequence[int] | None = None,
) -> Subframes:
    """Subframes whose numbers, and frames if the first is given, follow from their seconds."""
    count, size = len(words), len(words[0])
    at = np.arange(count) if second is None else np.array(second)
    passed = at + first_number - 1
    frame = (
        np.full(count, UNKNOWN_FRAME) if first_frame is None else (first_frame + passed // 4) % 16
    )
    return Subframes(
        words=np.array(words, np.uint16),
        bit_offset=np.array(at * size * 12 if bit_offset is None else bit_offset, np.int64),
        number=(passed % 4 + 1).astype(np.int8),
        second=at.astype(np.int32),
        frame=frame.astype(np.int16),
    )
