"""Five live signals with known shapes, as functions of the time since the start."""

import math
import random
from collections.abc import Iterator, Mapping

SINE_AMPLITUDE, SINE_HZ = 10.0, 0.1
COSINE_AMPLITUDE, COSINE_HZ = 8.0, 0.15
NOISE = 5.0
"""Greatest distance of the noise from 0."""
WALK_STEP = 0.5
"""Greatest step of the random walk, in one sample."""
DAMPED_AMPLITUDE, DAMPING_PER_S, DAMPED_HZ = 15.0, 0.01, 0.1
SOURCE = "simulator"
UNITS = dict.fromkeys(
    ("sine_wave", "cosine_wave", "random_noise", "random_walk", "damped_oscillation"), "V"
)
"""The signals are as those of a function generator."""


def signal_waves(rate_hz: float, seed: int) -> Iterator[tuple[float, Mapping[str, float]]]:
    """Samples without end: seconds since the start, and the values then.

    Args:
        rate_hz: Samples a second.
        seed: Random seed: the same seed gives the same values.
    """
    drawn = random.Random(seed)  # noqa: S311  (no secret)
    walk, number = 0.0, 0
    while True:
        t_s = number / rate_hz
        walk += drawn.uniform(-WALK_STEP, WALK_STEP)
        yield (
            t_s,
            {
                "sine_wave": SINE_AMPLITUDE * math.sin(math.tau * SINE_HZ * t_s),
                "cosine_wave": COSINE_AMPLITUDE * math.cos(math.tau * COSINE_HZ * t_s),
                "random_noise": drawn.uniform(-NOISE, NOISE),
                "random_walk": walk,
                "damped_oscillation": DAMPED_AMPLITUDE
                * math.exp(-DAMPING_PER_S * t_s)
                * math.sin(math.tau * DAMPED_HZ * t_s),
            },
        )
        number += 1
