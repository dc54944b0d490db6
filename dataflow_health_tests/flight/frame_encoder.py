"""Encoder of ARINC 717 frames for tests, one word and bit at a time, without the decoder's code."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from dataflow_health.flight.layout import SYNC_WORDS, Counter, Layout, Parameter, Part
from dataflow_health.flight.recorder import Arinc717Recorder

ANY_PACKING = Arinc717Recorder(kind="arinc717", members=("x",))
COUNTER = Counter(word=2, bits=(1, 4), subframe=1)


@dataclass
class Tape:
    """Words of a recording, and the fields written to them.

    Attributes:
        words: Words of each subframe.
        written: Bits of each field, by (parameter, second, sample).
    """

    words: list[list[int]]
    written: dict[tuple[str, int, int], int] = field(default_factory=dict)


def write_tape(
    layout: Layout, seconds: int, *, seed: int, first_subframe: int = 1, phase: int = 0
) -> Tape:
    """A recording of noise with the layout's sync words and counter; all fields are noted.

    Second 0 is subframe ``first_subframe`` of the frame that has counter ``phase``.
    """
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 4096, (seconds, layout.words_per_subframe)).tolist()
    tape = Tape(words)
    for second in range(seconds):
        subframe, frame = position(second, first_subframe, phase)
        words[second][0] = layout.sync_words[subframe - 1]
        if layout.counter and subframe == layout.counter.subframe:
            set_bits(words[second], layout.counter.word, layout.counter.bits, frame)
    for name, parameter in layout.parameters.items():
        note_fields(tape, name, parameter, first_subframe, phase)
    return tape


def position(second: int, first_subframe: int = 1, phase: int = 0) -> tuple[int, int]:
    """Subframe and superframe counter of a second."""
    passed = second + first_subframe - 1
    return passed % 4 + 1, (phase + passed // 4) % 16


def set_bits(words: list[int], word: int, bits: tuple[int, int], value: int) -> None:
    low, high = bits
    mask = ((1 << (high - low + 1)) - 1) << (low - 1)
    words[word - 1] = (words[word - 1] & ~mask) | ((value << (low - 1)) & mask)


def get_bits(words: list[int], word: int, bits: tuple[int, int]) -> int:
    low, high = bits
    return (words[word - 1] >> (low - 1)) & ((1 << (high - low + 1)) - 1)


def note_fields(
    tape: Tape, name: str, parameter: Parameter, first_subframe: int, phase: int
) -> None:
    """Notes the bits of a parameter whose samples lie in one subframe each."""
    for second, words in enumerate(tape.words):
        subframe, frame = position(second, first_subframe, phase)
        for index, sample in enumerate(parameter.samples):
            if subframe not in sample[0].subframes:
                continue
            if sample[0].frames and frame not in sample[0].frames:
                continue
            value = 0
            for part in sample:
                value = value * 2**part.width + get_bits(words, part.word, part.bits)
            tape.written[name, second, index] = value


def to_bits(words: list[list[int]]) -> str:
    """Twelve bits a word, the least significant first."""
    return "".join(f"{word:012b}"[::-1] for row in words for word in row)


def pack(bits: str) -> bytes:
    """Eight bits a byte, the first one the least significant."""
    return int(bits[::-1], 2).to_bytes(-(-len(bits) // 8), "little")


def encode(words: list[list[int]], word_packing: str) -> bytes:
    if word_packing == "packed":
        return pack(to_bits(words))
    order = "little" if word_packing == "le16" else "big"
    return b"".join(word.to_bytes(2, order) for row in words for word in row)


@st.composite
def layouts(draw: st.DrawFn, words_per_subframe: int = 64) -> Layout:
    """Random layouts: bits, parts, rates, subframes and frames of the superframe."""
    names = [f"p{index}" for index in range(draw(st.integers(1, 5)))]
    return Layout(
        words_per_subframe=words_per_subframe,
        counter=COUNTER,
        parameters={name: draw(parameters(words_per_subframe)) for name in names},
    )


@st.composite
def parameters(draw: st.DrawFn, words_per_subframe: int) -> Parameter:
    coding = draw(st.sampled_from(["bnr", "sign_magnitude", "unsigned", "discrete"]))
    subframes = tuple(sorted(draw(st.sets(st.integers(1, 4), min_size=1))))
    frames = tuple(sorted(draw(st.sets(st.integers(0, 15), max_size=4))))
    bits = [draw(bit_ranges()) for _ in range(draw(st.integers(1, 2)))]
    count = draw(st.sampled_from([1, 2, 4]))
    first = draw(st.integers(3, 12))
    samples = tuple(
        tuple(
            Part(
                word=first + index * (words_per_subframe // count) + 2 * place,
                bits=given,
                subframes=subframes,
                frames=frames,
            )
            for place, given in enumerate(bits)
        )
        for index in range(count)
    )
    return Parameter(coding=coding, samples=samples)


@st.composite
def bit_ranges(draw: st.DrawFn) -> tuple[int, int]:
    low = draw(st.integers(1, 12))
    return low, draw(st.integers(low, 12))


def expected_count(value: int, parameter: Parameter) -> int:
    """The count of a field's bits, in Python integers."""
    size = sum(part.width for part in parameter.samples[0])
    top = 2 ** (size - 1)
    if parameter.coding == "bnr":
        return value - 2 * top if value >= top else value
    if parameter.coding == "sign_magnitude":
        return -(value - top) if value >= top else value
    return value


PLAIN = Layout(
    words_per_subframe=64,
    sync_words=SYNC_WORDS,
    counter=COUNTER,
    parameters={"serial": Parameter(words=[64]), "whole": Parameter(words=list(range(3, 64)))},
)
"""``serial`` is for numbers of subframes; ``whole`` is every other word but the first two."""


def numbered_words(seconds: int, *, seed: int = 0, layout: Layout = PLAIN) -> list[list[int]]:
    """A recording of noise in which the last word of each subframe is the number of its second."""
    words = write_tape(layout, seconds, seed=seed).words
    for second, row in enumerate(words):
        row[-1] = second % 4096
    return words
