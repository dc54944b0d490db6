"""Parse: our decoder compared with a loop over words, and with copying the bytes.

Also measures recordings with bits lost at 6 and at 30 positions: the decoding rate, and the number
of corrupt subframes in the result.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import numpy.typing as npt

from benchmarks.measure import Measurement, Target, compare
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import Layout, Parameter, Part
from dataflow_health.flight.recorder import Arinc717Recorder
from dataflow_health.flight.recording import MISSING, DecodedRecording
from dataflow_health.simulator.layouts import generic_layout

RECORDER = Arinc717Recorder(kind="arinc717", members=("x",))
HOURS, QUICK_HOURS = 2.0, 0.25
BREAKS = (6, 30)

Words = npt.NDArray[np.uint16]


def run(*, quick: bool = False) -> list[Measurement]:
    """Decodes one packed recording of two hours with 256 words a second."""
    layout = generic_layout()
    words = noise_words(layout, int((QUICK_HOURS if quick else HOURS) * 3600))
    raw = pack(words)
    if _counts(decode(raw, RECORDER, layout)) != decode_word_by_word(raw, layout):
        raise AssertionError("the alternatives decode different counts")
    damaged_by_breaks = {breaks: remove_bits(raw, breaks) for breaks in BREAKS}
    sides: dict[str, Callable[[], object]] = {
        "a loop over words": partial(decode_word_by_word, raw, layout),
        "decode": partial(decode, raw, RECORDER, layout),
        "copy the bytes": partial(bytearray, raw),
    }
    for breaks, damaged in damaged_by_breaks.items():
        sides[f"decode, {breaks} breaks"] = partial(decode, damaged, RECORDER, layout)
    seconds = compare(sides, repetitions=3 if quick else 5)
    return [*_rates(seconds, len(raw) / 1e6), *_damage(damaged_by_breaks, words)]


def _rates(seconds: dict[str, float], size_mb: float) -> Iterator[Measurement]:
    loop_s = seconds["a loop over words"]
    for name, duration_s in seconds.items():
        is_ours = name.startswith("decode")
        target = Target(">=", 60) if name == "decode" else None
        ratio, against = (loop_s / duration_s, "a loop over words") if is_ours else (None, "")
        yield Measurement(name, size_mb / duration_s, "MB/s", ratio, against, target)


def _damage(damaged_by_breaks: dict[int, bytes], words: Words) -> Iterator[Measurement]:
    """Compares every decoded subframe word by word with the original."""
    size = words.shape[1]
    all_words = Parameter(samples=tuple((Part(word=word),) for word in range(2, size + 1)))
    layout = Layout(words_per_subframe=size, parameters={"all": all_words})
    for breaks, raw in damaged_by_breaks.items():
        decoded = decode(raw, RECORDER, layout)
        series = decoded.series["all"]
        wrong = (series.counts != words[decoded.second[series.rows], 1:]).any(axis=1)
        lost = len(words) - len(decoded.second)
        yield Measurement(
            f"corrupt subframes kept, {breaks} breaks",
            int(wrong.sum()),
            "subframes",
            target=Target("<=", 0),
        )
        yield Measurement(f"subframes lost, {breaks} breaks", lost, "subframes")


def noise_words(layout: Layout, seconds: int) -> Words:
    """Random words with valid sync words and superframe counter."""
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
    """Packs two words in three bytes, least significant bit first."""
    pairs = words.reshape(-1, 2).astype(np.uint32)
    joined = (pairs[:, 0] | pairs[:, 1] << 12).astype("<u4")
    return joined.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()


def remove_bits(raw: bytes, breaks: int) -> bytes:
    """Removes 1 to 40 bits at random positions, each in a different subframe."""
    rng = np.random.default_rng(breaks)
    bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
    positions = (np.arange(breaks) + rng.uniform(0.2, 0.8, breaks)) * len(bits) / breaks
    lost = [np.arange(int(at), int(at) + rng.integers(1, 41)) for at in positions]
    return np.packbits(np.delete(bits, np.concatenate(lost)), bitorder="little").tobytes()


def decode_word_by_word(raw: bytes, layout: Layout) -> dict[str, list[int]]:
    """Decodes numeric parameters word by word, as a straightforward script would."""
    words = []
    for i in range(0, len(raw) - 2, 3):
        words.append(raw[i] | (raw[i + 1] & 0xF) << 8)
        words.append(raw[i + 1] >> 4 | raw[i + 2] << 4)
    size = layout.words_per_subframe
    numeric = _numeric_parameters(layout)
    counts: dict[str, list[int]] = {name: [] for name in numeric}
    for start in range(0, len(words), size):
        subframe = layout.sync_words.index(words[start]) + 1
        for name, parameter in numeric.items():
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


def _numeric_parameters(layout: Layout) -> dict[str, Parameter]:
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
