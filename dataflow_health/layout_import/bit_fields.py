"""Bit fields: the common form of both file formats, and how they become samples.

A bit field is some bits of one word that stand for some bits of the value. A file lists the bit
fields of all samples in a row, and repeats itself. Here repetitions are dropped, bit fields grouped
to samples, overlaps (coarse and fine parts share bits) trimmed, and equal samples of several
subframes joined.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dataflow_health.flight.layout import Part

Sample = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class BitField:
    """Bits of one word, and the bits of the value for which they stand.

    Attributes:
        word: One-based word of the subframe.
        low: Lowest bit of the word.
        high: Highest bit of the word.
        top: Bit of the value at ``high``; bit 1 is the least significant.
        subframes: Subframes that carry the word.
        frames: Frames of the superframe that carry the word; empty means all.
        times: Samples in a subframe.
        spacing: Words from one sample to the next.
    """

    word: int
    low: int
    high: int
    top: int
    subframes: tuple[int, ...]
    frames: tuple[int, ...] = ()
    times: int = 1
    spacing: int = 0

    @property
    def bottom(self) -> int:
        """Bit of the value at ``low``."""
        return self.top - (self.high - self.low)


def drop_duplicates(fields: Iterable[BitField]) -> tuple[BitField, ...]:
    """The bit fields in order, each once."""
    return tuple(dict.fromkeys(fields))


def group_samples(fields: Iterable[BitField]) -> list[list[BitField]]:
    """Bit fields by sample: a new sample begins where a bit of the value comes again."""
    samples: list[list[BitField]] = []
    for field in fields:
        if not samples or any(field.top == other.top for other in samples[-1]):
            samples.append([])
        samples[-1].append(field)
    return samples


def clip_bits(field: BitField, top: int, bottom: int) -> BitField | None:
    """The bit field limited to bits ``top`` to ``bottom`` of the value; None when empty."""
    cut_high, cut_low = max(field.top - top, 0), max(bottom - field.bottom, 0)
    if cut_high + cut_low > field.high - field.low:
        return None
    low, high = field.low + cut_low, field.high - cut_high
    return replace(field, low=low, high=high, top=field.top - cut_high)


def trim_overlaps(fields: Sequence[BitField]) -> list[BitField]:
    """The bit fields, most significant first, without bits that a less significant one has too.

    The fine part keeps its bits, as it is sampled as a whole.
    """
    trimmed: list[BitField] = []
    for field in sorted(fields, key=lambda field: field.bottom):
        above = max((other.top for other in trimmed), default=0) + 1
        rest = clip_bits(field, field.top, above)
        if rest is not None:
            trimmed.append(rest)
    return trimmed[::-1]


def overlapping_bits(fields: Sequence[BitField]) -> tuple[int, ...]:
    """Bits of the value that several bit fields of a sample have."""
    bits = [bit for field in fields for bit in range(field.bottom, field.top + 1)]
    return tuple(sorted({bit for bit in bits if bits.count(bit) > 1}))


def missing_bits(fields: Sequence[BitField]) -> tuple[int, ...]:
    """Bits of the value between the lowest and the highest that no bit field has."""
    bits = {bit for field in fields for bit in range(field.bottom, field.top + 1)}
    return tuple(bit for bit in range(min(bits), max(bits)) if bit not in bits)


def to_samples(groups: Iterable[Sequence[BitField]]) -> tuple[Sample, ...]:
    """Samples in time order; those that differ only in the subframe become one."""
    by_location: dict[tuple[tuple[int, int, int], ...], list[Sample]] = {}
    for fields in groups:
        for step in range(fields[0].times):
            sample = tuple(_to_part(field, step) for field in fields)
            location = tuple((part.word, *part.bits) for part in sample)
            by_location.setdefault(location, []).append(sample)
    samples = [sample for same in by_location.values() for sample in _join_subframes(same)]
    return tuple(sorted(samples, key=lambda sample: sample[0].word))


def _join_subframes(same: list[Sample]) -> list[Sample]:
    """Samples of the same words and bits as one, if each lies within one subframe."""
    is_within = all(part.subframes == sample[0].subframes for sample in same for part in sample)
    if not is_within or len({part.frames for sample in same for part in sample}) > 1:
        return same
    subframes = tuple(sorted({number for sample in same for number in sample[0].subframes}))
    return [tuple(part.model_copy(update={"subframes": subframes}) for part in same[0])]


def _to_part(field: BitField, step: int) -> Part:
    return Part(
        word=field.word + step * field.spacing,
        bits=(field.low, field.high),
        subframes=field.subframes,
        frames=field.frames,
    )
