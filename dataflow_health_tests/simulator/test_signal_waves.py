import itertools
import math

import pytest

from dataflow_health.simulator.signal_waves import signal_waves


def values(name: str, count: int = 400, seed: int = 1) -> list[float]:
    return [each[name] for _, each in itertools.islice(signal_waves(2.0, seed), count)]


def test_the_same_seed_gives_the_same_samples_at_the_same_times() -> None:
    first, again, other = (list(itertools.islice(signal_waves(2.0, s), 50)) for s in (1, 1, 2))
    assert first == again != other
    assert [t_s for t_s, _ in first[:3]] == [0.0, 0.5, 1.0]


def test_every_signal_has_its_shape() -> None:
    assert values("sine_wave")[5] == pytest.approx(10.0)
    assert values("sine_wave")[20] == pytest.approx(0.0, abs=1e-9)
    assert values("cosine_wave")[0] == 8.0
    noise = values("random_noise")
    assert -5 <= min(noise) < -4 < 4 < max(noise) <= 5
    steps = [abs(b - a) for a, b in itertools.pairwise(values("random_walk"))]
    assert 0.4 < max(steps) <= 0.5
    damped = values("damped_oscillation")
    assert damped[5] == pytest.approx(15 * math.exp(-0.025))
    assert max(damped[300:]) < 15 * math.exp(-1.5)
