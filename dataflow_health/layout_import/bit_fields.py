"""What both ground stations' files come down to: pieces of a value, joined to samples.

A piece is some bits of one word that stand for some bits of the value; a file lists the pieces of
all samples in a row, and repeats itself. Here repeats are dropped, pieces grouped to samples,
overlaps (coarse and fine parts share bits) trimmed, and equal samples of several subframes joined.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dataflow_health.flight.layout import Part

Sample = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class BitField:
    """Bits of one word, and the bits of the value they are.

    Attributes:
        word: One-based word of the subframe.
        low: Lowest bit of the word.
        high: Highest bit of the word.
        top: Bit of the value that ``high`` is; bit 1 is the least significant.
        subframes: Subframes that carry it.
        frames: Frames of the superframe that carry it; empty means all.
        times: Samples in a subframe.
        apart: Words from one sample to the next.
    """

    word: int
    low: int
    high: int
    top: int
    subframes: tuple[int, ...]
    frames: tuple[int, ...] = ()
    times: int = 1
    apart: int = 0

    @property
    def bottom(self) -> int:
        """Bit of the value that ``low`` is."""
        return self.top - (self.high - self.low)


def drop_duplicates(pieces: Iterable[BitField]) -> tuple[BitField, ...]:
    """The pieces in order, each once."""
    return tuple(dict.fromkeys(pieces))


def group_samples(pieces: Iterable[BitField]) -> list[list[BitField]]:
    """Pieces of one sample together: a sample ends where the same bits of the value come again."""
    samples: list[list[BitField]] = []
    for piece in pieces:
        if not samples or any(piece.top == other.top for other in samples[-1]):
            samples.append([])
        samples[-1].append(piece)
    return samples


def clip_bits(piece: BitField, top: int, bottom: int) -> BitField | None:
    """The piece without bits of the value outside ``top`` to ``bottom``; None if none are left."""
    cut_high, cut_low = max(piece.top - top, 0), max(bottom - piece.bottom, 0)
    if cut_high + cut_low > piece.high - piece.low:
        return None
    low, high = piece.low + cut_low, piece.high - cut_high
    return replace(piece, low=low, high=high, top=piece.top - cut_high)


def trim_overlaps(pieces: Sequence[BitField]) -> list[BitField]:
    """The most significant first, each without the bits that a less significant one has too.

    The fine part keeps its bits: it is the one that is sampled as a whole.
    """
    ordered = sorted(pieces, key=lambda piece: piece.bottom)
    kept: list[BitField] = []
    for piece in ordered:
        above = max((other.top for other in kept), default=0) + 1
        rest = clip_bits(piece, piece.top, above)
        if rest is not None:
            kept.append(rest)
    return kept[::-1]


def overlapping_bits(pieces: Sequence[BitField]) -> tuple[int, ...]:
    """Bits of the value that more than one piece of a sample has."""
    have = [bit for piece in pieces for bit in range(piece.bottom, piece.top + 1)]
    return tuple(sorted({bit for bit in have if have.count(bit) > 1}))


def missing_bits(pieces: Sequence[BitField]) -> tuple[int, ...]:
    """Bits of the value between the first and the last piece that no piece has."""
    have = {bit for piece in pieces for bit in range(piece.bottom, piece.top + 1)}
    return tuple(bit for bit in range(min(have), max(have)) if bit not in have)


def to_samples(groups: Iterable[Sequence[BitField]]) -> tuple[Sample, ...]:
    """Samples in time order; those that differ in nothing but the subframe are one."""
    joined: dict[tuple[tuple[int, int, int], ...], list[Sample]] = {}
    for pieces in groups:
        for step in range(pieces[0].times):
            sample = tuple(_to_part(piece, step) for piece in pieces)
            joined.setdefault(tuple((p.word, *p.bits) for p in sample), []).append(sample)
    samples = [_join_subframes(same) for same in joined.values()]
    return tuple(sorted((s for many in samples for s in many), key=lambda sample: sample[0].word))


def _join_subframes(same: list[Sample]) -> list[Sample]:
    """Samples at the same words and bits as one, where each is within one subframe."""
    within = all(part.subframes == sample[0].subframes for sample in same for part in sample)
    if not within or len({part.frames for sample in same for part in sample}) > 1:
        return same
    every = tuple(sorted({subframe for sample in same for subframe in sample[0].subframes}))
    return [tuple(part.model_copy(update={"subframes": every}) for part in same[0])]


def _to_part(piece: BitField, step: int) -> Part:
    return Part(
        word=piece.word + step * piece.apart,
        bits=(piece.low, piece.high),
        subframes=piece.subframes,
        frames=piece.frames,
    )
