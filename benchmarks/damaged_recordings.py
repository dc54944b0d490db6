"""Damages real and own recordings in five ways, decodes them, and writes the result as a page.

All whole subframes of a recording are known, so a subframe that the decoder keeps and that is none
of them is corrupt. The real ones are read from ``shared/data`` next to the repository.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np

from dataflow_health.errors import RecordingRefused
from dataflow_health.flight.arinc717.decoder import decode
from dataflow_health.flight.layout import Layout, Parameter, Part
from dataflow_health.flight.quality import assess_quality
from dataflow_health.flight.recording import DecodedRecording
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health.simulator.faults import encode_recording
from dataflow_health.simulator.layouts import generic_layout
from dataflow_health.simulator.simulated_flight import simulate_flight
from dataflow_health_tests.flight.frame_encoder import ANY_PACKING, COUNTER, PLAIN, encode
from dataflow_health_tests.flight.frame_encoder import numbered_words as numbered
from dataflow_health_tests.simulator.decoding import plan

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
PAGE = ROOT / "docs" / "damaged_recordings.md"
FILES = 220
"""Damaged files of each recording and kind of damage: 5,500 of five recordings."""

MAX_OFF_S = 2
"""Seconds by which a duration may be off without a remark."""

_MAX_DAMAGED_S = 40
_SYNC_BYTES = 2
_OWN_S, _FLIGHT_S = 400, 600
_WHOLE = "all_words"


HEAD = """\
# Damaged recordings

`python -m benchmarks.damaged_recordings` damages ARINC 717 recordings and decodes them. The real
ones are read from `../shared/data`; they are not part of this project. A damage stands at a random
place of the middle and takes up to 40 s, half of them a whole number of subframes: a piece is *cut*
out, noise is *inserted*, a piece *repeats*, one to three bytes *slip*, or a piece of another time
of the recorder is *spliced* over it, as a block that a card kept from an earlier flight.

*Corrupt* counts kept subframes that are none of the recording's: parts of two, or noise. *Hidden*
are those of a spliced piece that lies between two sync words: ARINC 717 has no checksum, so nothing
shows them. *Foreign* are whole subframes of the spliced piece, with valid sync words. *Off* counts
files whose duration differs by more than 2 s from the undamaged one, *silent* those of them without
a note or remark.
"""

TABLE = """\
| recording | damage | files | refused | corrupt | hidden | foreign | off | silent | most s off |
|---|---|---|---|---|---|---|---|---|---|"""


class Source(NamedTuple):
    """A recording that is damaged.

    Attributes:
        name: What it is.
        raw: Its first three quarters.
        other: The rest, of which blocks are spliced in.
        layout: A parameter of all words, the counter and the clock.
        duration_s: Seconds in ``raw``.
        known: Second of every whole subframe of both, by its words.
        remarks: What is noted and remarked without damage.
    """

    name: str
    raw: bytes
    other: bytes
    layout: Layout
    duration_s: int
    known: Mapping[bytes, int]
    remarks: frozenset[str] = frozenset()

    @property
    def subframe_bytes(self) -> float:
        """Bytes of a subframe."""
        return len(self.raw) / self.duration_s


class Outcome(NamedTuple):
    """What became of one damaged file.

    Attributes:
        corrupt: Kept subframes that are none of the recording's.
        hidden: Those of them that nothing in the format shows.
        foreign: Kept whole subframes of another time, which a splice brought in.
        off_s: Seconds by which the duration differs from that of the undamaged recording.
        remarks: Notes and remarks that the undamaged recording does not have.
        is_refused: Whether the file was refused.
    """

    corrupt: int = 0
    hidden: int = 0
    foreign: int = 0
    off_s: int = 0
    remarks: tuple[str, ...] = ()
    is_refused: bool = False

    @property
    def is_off(self) -> bool:
        """Whether the duration differs by more than is asked."""
        return abs(self.off_s) > MAX_OFF_S

    @property
    def is_silent(self) -> bool:
        """Whether the duration is off and nothing says so."""
        return self.is_off and not self.remarks


def cut(source: Source, random: Random) -> bytes:
    """A piece is missing, as when a ground station lost a block."""
    raw, (at, size) = source.raw, _range(source, random)
    return raw[:at] + raw[at + size :]


def insert(source: Source, random: Random) -> bytes:
    """Noise stands in between."""
    raw, (at, size) = source.raw, _range(source, random)
    return raw[:at] + random.randbytes(size) + raw[at:]


def repeat(source: Source, random: Random) -> bytes:
    """A piece stands twice, as when a page was read again."""
    raw, (at, size) = source.raw, _range(source, random)
    return raw[:at] + raw[at - size : at] + raw[at:]


def slip(source: Source, random: Random) -> bytes:
    """One to three bytes are lost or added."""
    raw, (at, _) = source.raw, _range(source, random)
    size = random.randint(1, 3)
    return raw[:at] + (raw[at + size :] if random.random() < 1 / 2 else b"\x5a" * size + raw[at:])


def splice(source: Source, random: Random) -> bytes:
    """A piece is overwritten by one of another time, as by a block that a card kept from before."""
    raw, (at, size) = source.raw, _range(source, random)
    size = min(size, len(source.other))
    start = random.randint(0, len(source.other) - size)
    return raw[:at] + source.other[start : start + size] + raw[at + size :]


DAMAGES: Mapping[str, Callable[[Source, Random], bytes]] = {
    each.__name__: each for each in (cut, insert, repeat, slip, splice)
}


def _range(source: Source, random: Random) -> tuple[int, int]:
    """Place and size of a damage in the middle; half of the sizes are of whole subframes."""
    stride = source.subframe_bytes
    size = random.uniform(0.1, _MAX_DAMAGED_S) * stride
    size = round(size / stride) * stride if random.random() < 1 / 2 else size
    return random.randrange(len(source.raw) // 3, len(source.raw) // 2), max(int(size), 1)


def play(source: Source, kind: str, seed: int) -> Outcome:
    """Damages a recording, and decodes it."""
    raw = DAMAGES[kind](source, _random(source, kind, seed))
    try:
        decoded = decode(raw, ANY_PACKING, source.layout)
    except RecordingRefused as refusal:
        return Outcome(remarks=(str(refusal),), is_refused=True)
    kept = [source.known.get(words.tobytes()) for words in decoded.series[_WHOLE].counts]
    is_hidden = kind == splice.__name__ and _is_between_sync_words(source, seed)
    return Outcome(
        corrupt=0 if is_hidden else kept.count(None),
        hidden=kept.count(None) if is_hidden else 0,
        foreign=sum(second is not None and second >= source.duration_s for second in kept),
        off_s=decoded.duration_s - source.duration_s,
        remarks=tuple(_remarks(decoded, source.layout) - source.remarks),
    )


def _is_between_sync_words(source: Source, seed: int) -> bool:
    """Whether the piece of a splice lies within one subframe, behind its sync word."""
    at, size = _range(source, _random(source, splice.__name__, seed))
    first, last = divmod(at, source.subframe_bytes), divmod(at + size - 1, source.subframe_bytes)
    return first[0] == last[0] and first[1] >= _SYNC_BYTES


def _random(source: Source, kind: str, seed: int) -> Random:
    return Random(f"{source.name} {kind} {seed}")


def _remarks(decoded: DecodedRecording, layout: Layout) -> frozenset[str]:
    """Notes of the decoder, and remarks on the quality."""
    remarks = assess_quality(decoded, layout, None)
    return frozenset({*decoded.notes, *(each.detail for each in remarks)})


def sources(folder: Path = DATA) -> Iterator[Source]:
    """Own recordings, and the real ones where they are."""
    yield from own_sources()
    wqar, airfase = folder / "wqar-arinc717", folder / "airfase"
    if wqar.is_dir():
        layout = import_layout(wqar / "010888.vec").layouts["010888"]
        raw = zipfile.ZipFile(next(wqar.glob("*.wgl.zip"))).read("raw.dat")
        yield make_source("real, 512 words, counter of 12 bits, clock", raw, layout)
    if airfase.is_dir():
        [layout] = import_layout(airfase / "1024.PRM").layouts.values()
        raw = (airfase / "raw.dat").read_bytes()
        yield make_source("real, 1,024 words, counter of 4 bits, clock", raw, layout)


def own_sources() -> Iterator[Source]:
    """Recordings of noise with a counter of 4 and of 12 bits, and a simulated flight."""
    narrow = numbered(_OWN_S)
    yield make_source("noise, 64 words, counter of 4 bits", encode(narrow, "le16"), PLAIN)
    wide = numbered(_OWN_S)
    for second in range(0, _OWN_S, 4):
        wide[second][1] = 7 + second // 4
    layout = PLAIN.model_copy(update={"counter": COUNTER.model_copy(update={"bits": (1, 12)})})
    yield make_source("noise, 64 words, counter of 12 bits", encode(wide, "le16"), layout)
    generic = generic_layout()
    flight = simulate_flight(plan(_FLIGHT_S), generic)
    raw = encode_recording(flight, generic, "packed", None, np.random.default_rng(0))
    yield make_source("simulated flight, 256 words packed, counter of 4 bits, clock", raw, generic)


def make_source(name: str, raw: bytes, layout: Layout) -> Source:
    """A recording in two parts, with all words of its subframes by the undamaged decode."""
    clock = (layout.clock.hour, layout.clock.minute, layout.clock.second)
    every = Parameter(
        samples=tuple((Part(word=word),) for word in range(2, layout.words_per_subframe + 1))
    )
    kept = {each: layout.parameters[each] for each in clock if each}
    reduced = layout.model_copy(update={"parameters": {**kept, _WHOLE: every}})
    decoded = decode(raw, ANY_PACKING, reduced)
    rows = zip(decoded.second.tolist(), decoded.series[_WHOLE].counts, strict=True)
    known = {words.tobytes(): second for second, words in rows}
    duration_s = decoded.duration_s * 3 // 4
    at = len(raw) * duration_s // decoded.duration_s
    remarks = _remarks(decode(raw[:at], ANY_PACKING, reduced), reduced)
    return Source(name, raw[:at], raw[at:], reduced, duration_s, known, remarks)


def play_all(sources: Iterable[Source], files: int) -> Iterator[str]:
    """Damages every recording, and gives a row of the table for each kind of damage."""
    for source in sources:
        for kind in DAMAGES:
            found = [play(source, kind, seed) for seed in range(files)]
            longest_s = max(abs(each.off_s) for each in found)
            cells = (
                source.name,
                kind,
                len(found),
                sum(each.is_refused for each in found),
                sum(each.corrupt for each in found),
                sum(each.hidden for each in found),
                sum(each.foreign for each in found),
                sum(each.is_off for each in found),
                sum(each.is_silent for each in found),
                longest_s,
            )
            yield f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Writes the page."""
    rows = list(play_all(sources(), FILES))
    total = f"{FILES * len(rows):,} damaged files."
    PAGE.write_text(f"{HEAD}\n{total}\n\n{TABLE}\n" + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
