"""Random ARINC 717 layouts without overlapping parameters, for round-trip tests."""

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from dataflow_health.flight.layout import Counter, Layout, Parameter, Part
from dataflow_health.simulator.convert import Integers, count_limits


@dataclass(frozen=True)
class RoundTrip:
    layout: Layout
    counts: dict[str, Integers]
    first_subframe: int
    first_frame: int

    def carried(self, name: str) -> Integers:
        """Rows in which the layout carries the parameter."""
        part = self.layout.parameters[name].samples[0][0]
        ordinal = np.arange(len(self.counts[name])) + self.first_subframe - 1
        frame = (self.first_frame + ordinal // 4) % 16
        in_subframe = np.isin(ordinal % 4 + 1, part.subframes)
        return np.flatnonzero(in_subframe & (np.isin(frame, part.frames) if part.frames else True))


@st.composite
def round_trips(draw: st.DrawFn) -> RoundTrip:
    words = draw(st.sampled_from([32, 64, 128]))
    free = draw(st.permutations(range(2, words)))
    parameters: dict[str, Parameter] = {}
    for number in range(draw(st.integers(1, 6))):
        parts, samples = draw(st.integers(1, 2)), draw(st.integers(1, 2))
        sample_words = [free.pop() for _ in range(parts * samples)]
        parameters[f"p{number}"] = draw(_parameters(sample_words, parts))
    counter = Counter(word=words, bits=(1, draw(st.sampled_from([4, 12]))), subframe=1)
    layout = Layout(words_per_subframe=words, counter=counter, parameters=parameters)
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    seconds = draw(st.integers(72, 140))
    counts = {name: _counts(parameter, seconds, rng) for name, parameter in parameters.items()}
    return RoundTrip(layout, counts, draw(st.integers(1, 4)), draw(st.integers(0, 15)))


@st.composite
def _parameters(draw: st.DrawFn, words: list[int], parts: int) -> Parameter:
    low = draw(st.integers(1, 12))
    high = draw(st.integers(low, 12))
    shared = {
        "bits": (low, high),
        "subframes": draw(st.sampled_from([(1, 2, 3, 4), (1, 3), (2,), (4,)])),
        "frames": draw(st.sampled_from([(), (), (0,), (3, 11)])),
    }
    samples = tuple(
        tuple(Part(word=word, **shared) for word in words[at : at + parts])
        for at in range(0, len(words), parts)
    )
    width = parts * (high - low + 1)
    codings = ["unsigned", "bcd", *(["bnr", "sign_magnitude"] if width > 1 else [])]
    coding = draw(st.sampled_from(codings))
    digits = _digits(width) if coding == "bcd" else ()
    return Parameter(coding=coding, samples=samples, digits=digits)


def _digits(width: int) -> tuple[int, ...]:
    return ((width % 4,) if width % 4 else ()) + (4,) * (width // 4)


def _counts(parameter: Parameter, seconds: int, rng: np.random.Generator) -> Integers:
    low, high = count_limits(parameter)
    numbers = rng.integers(low, high + 1, (seconds, len(parameter.samples)))
    if parameter.coding == "bcd":
        widths = parameter.digits
        digits = [rng.integers(0, min(1 << bits, 10), numbers.shape) for bits in widths]
        numbers = sum(digit * 10 ** (len(widths) - 1 - k) for k, digit in enumerate(digits))
    return np.asarray(numbers, dtype=np.int64)
