"""Places in a grid of samples for times that jitter or are cut off; no two share a place."""

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

SECOND_US = 1_000_000
LEFT_OUT = -1
"""Place of a time that finds none near it."""

_MAX_MOVE = 2
"""Samples by which a place may be beside the nearest one, as that is taken."""

_FULL_TURN, _MIN_SHARE = 0.99, 0.01
"""Delay in samples that is one rounding short of the next sample; share of times that counts."""


def nearest_samples(after_us: Integers, rate_hz: int) -> Integers:
    """Number of the sample that is nearest to each time, by the usual delay of the times.

    A clock that is cut off or rounded to hundredths has times on both sides of a sample's, so the
    delay is a mean of directions on a circle of one sample.
    """
    turns = after_us * rate_hz / SECOND_US
    delay = float(np.angle(np.exp(2j * np.pi * turns).mean())) / (2 * np.pi) % 1
    is_on_both_sides = (turns % 1 < delay - 0.5).mean() > _MIN_SHARE
    delay -= is_on_both_sides or delay > _FULL_TURN
    return np.maximum(np.rint(turns - delay), 0).astype(np.int64)


def separate(nearest: Integers) -> Integers:
    """The samples in order, none of them twice; -1 for one that finds no place near it.

    Of two with the same sample, the first moves back if the sample before is free, else the second
    moves on.
    """
    if (np.diff(nearest) > 0).all():
        return nearest
    placed: list[int] = []
    taken = [-1, -1]
    for want in nearest.tolist():
        if placed and placed[-1] == want == taken[-1] and want - 1 > taken[-2]:
            placed[-1] = taken[-1] = want - 1
        sample = max(want, taken[-1] + 1)
        is_near = sample - want <= _MAX_MOVE
        placed.append(sample if is_near else LEFT_OUT)
        taken = [taken[-1], sample] if is_near else taken
    return np.array(placed, np.int64)
