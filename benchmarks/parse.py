"""Parse: our decoder against a loop over words, and against copying the bytes.

Also with bits lost in 6 and in 30 places: what that costs, and how many corrupt subframes are kept.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.measure import Row, Target, compare
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import Layout, Parameter, Part
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.flight.recording import MISSING, DecodedRecording
from dataflow_health.simulator.layouts import generic_layout

RECORDER = Arinc717Recorder(kind="arinc717", members=("x",))
HOURS, QUICK_HOURS = 2.0, 0.25
BREAKS = (6, 30)

Words = npt.NDArray[np.uint16]


def run(*, quick: bool = False) -> list[Row]:
    """One recording of two hours, 256 words a second, packed."""
    layout = generic_layout()
    words = recording(layout, int((QUICK_HOURS if quick else HOURS) * 3600))
    raw = pack(words)
    if _counts(decode(raw, RECORDER, layout)) != loop(raw, layout):
        raise AssertionError("the two ways decode different counts")
    broken = {breaks: cut(raw, breaks) for breaks in BREAKS}
    sides: dict[str, Callable[[], object]] = {
        "a loop over words": partial(loop, raw, layout),
        "decode": partial(decode, raw, RECORDER, layout),
        "copy the bytes": partial(bytearray, raw),
    }
    for breaks, damaged in broken.items():
        sides[f"decode, {breaks} breaks"] = partial(decode, damaged, RECORDER, layout)
    seconds = compare(sides, repetitions=3 if quick else 5)
    return [*_rates(seconds, len(raw) / 1e6), *_damage(broken, words)]


def _rates(seconds: dict[str, float], size_mb: float) -> Iterator[Row]:
    loop_s = seconds["a loop over words"]
    for name, taken in seconds.items():
        is_ours = name.startswith("decode")
        target = Target(">=", 60) if name == "decode" else None
        ratio, against = (loop_s / taken, "a loop over words") if is_ours else (None, "")
        yield Row(name, size_mb / taken, "MB/s", ratio, against, target)


def _damage(broken: dict[int, bytes], words: Words) -> Iterator[Row]:
    """Every kept subframe is compared word by word with what was written at its second."""
    size = words.shape[1]
    whole = Parameter(samples=tuple((Part(word=word),) for word in range(2, size + 1)))
    layout = Layout(words_per_subframe=size, parameters={"all": whole})
    for breaks, raw in broken.items():
        decoded = decode(raw, RECORDER, layout)
        series = decoded.series["all"]
        wrong = (series.counts != words[decoded.second[series.rows], 1:]).any(axis=1)
        lost = len(words) - len(decoded.second)
        yield Row(
            f"corrupt subframes kept, {breaks} breaks",
            int(wrong.sum()),
            "subframes",
            target=Target("<=", 0),
        )
        yield Row(f"subframes lost, {breaks} breaks", lost, "subframes")


def recording(layout: Layout, seconds: int) -> Words:
    """Noise in every word, with sync words and a counter that counts."""
    rng = np.random.default_rng(717)
    words = rng.integers(0, 1 << 12, (seconds, layout.words_per_subframe), dtype=np.uint16)
    words[:, 0] = np.resize(layout.sync_words, seconds)
    if layout.counter:
        low, high = layout.counter.bits
        mask = ((1 << (high - low + 1)) - 1) << (low - 1)
        rows = np.arange(layout.counter.subframe - 1, seconds, 4)
        counter = (np.arange(len(rows)) << (low - 1)) & mask
        words[rows, layout.counter.word - 1] &= ~np.uint16(mask)
        words[rows, layout.counter.word - 1] |= counter.astype(np.uint16)
    return words


def pack(words: Words) -> bytes:
    """Two words in three bytes, the least significant bit first."""
    pairs = words.reshape(-1, 2).astype(np.uint32)
    joined = (pairs[:, 0] | pairs[:, 1] << 12).astype("<u4")
    return joined.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def cut(raw: bytes, breaks: int) -> bytes:
    """Loses 1 to 40 bits at places spread at random, each in a subframe of its own."""
    rng = np.random.default_rng(breaks)
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
    places = (np.arange(breaks) + rng.uniform(0.2, 0.8, breaks)) * len(bits) / breaks
    lost = [np.arange(int(at), int(at) + rng.integers(1, 41)) for at in places]
    return np.packbits(np.delete(bits, np.concatenate(lost)), bitorder="little").tobytes()


def loop(raw: bytes, layout: Layout) -> dict[str, list[int]]:
    """What a straightforward script does: word by word, sample by sample, numbers only."""
    words = []
    for at in range(0, len(raw) - 2, 3):
        words.append(raw[at] | (raw[at + 1] & 0xF) << 8)
        words.append(raw[at + 1] >> 4 | raw[at + 2] << 4)
    size = layout.words_per_subframe
    numbers = _numbers(layout)
    counts: dict[str, list[int]] = {name: [] for name in numbers}
    for start in range(0, len(words), size):
        subframe = layout.sync_words.index(words[start]) + 1
        for name, parameter in numbers.items():
            for sample in parameter.samples:
                if subframe in sample[0].subframes:
                    field = 0
                    for part in sample:
                        low, high = part.bits
                        word = words[start + part.word - 1]
                        field = field << (high - low + 1) | word >> (low - 1) & MASKS[high - low]
                    count = _count(field, parameter)
                    if count is not None:
                        counts[name].append(count)
    return counts


MASKS = [(1 << width) - 1 for width in range(1, 13)]


def _count(field: int, parameter: Parameter) -> int | None:
    if parameter.coding == "bnr":
        sign = 1 << (parameter.width - 1)
        return (field ^ sign) - sign
    if parameter.coding == "bcd":
        digits = f"{field:x}"
        return int(digits) if digits.isdigit() else None
    return field


def _numbers(layout: Layout) -> dict[str, Parameter]:
    return {
        name: parameter
        for name, parameter in layout.parameters.items()
        if not parameter.is_text and not parameter.samples[0][0].frames
    }


def _counts(decoded: DecodedRecording) -> dict[str, list[int]]:
    return {
        name: series.counts[series.counts != MISSING].tolist()
        for name, series in decoded.series.items()
        if not series.parameter.is_text and not series.parameter.samples[0][0].frames
    }
