"""Damaged copies of small valid files, read by every parser of untrusted bytes.

A parser reads a file or refuses it with its own error; any other exception is a crash.
"""

import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple

from dataflow_health.config import yaml_document
from dataflow_health.errors import ArchiveRefused, ConfigError, RecordingRefused
from dataflow_health.flight.algorithms.condition import parse_condition
from dataflow_health.flight.decoders import DECODERS
from dataflow_health.flight.layout import Layout
from dataflow_health.flight.recorder import (
    Arinc717Recorder,
    Arinc767Recorder,
    Irig106Recorder,
    Recorder,
)
from dataflow_health.layout_import.layout_file import import_layout
from dataflow_health.stages import item_fault
from dataflow_health_tests.factories import unzipped
from dataflow_health_tests.flight.arinc767 import frame_encoder
from dataflow_health_tests.flight.csv_log import test_decoder as csv_log
from dataflow_health_tests.flight.frame_encoder import PLAIN, numbered_words, pack, to_bits
from dataflow_health_tests.flight.irig106 import test_decoder as irig106
from dataflow_health_tests.layout_import import test_fred, test_layout_file
from dataflow_health_tests.stages.hostile_archives import CORPUS

SEED = 20261128
ODD = (
    b"0",
    b"-1",
    b"99999999",
    b"9" * 5_000,
    b"1e999",
    b"nan",
    b"",
    b"\xb2",
    b"\0" * 64,
    b"[" * 99,
)
"""Pieces that a parser may take for a number, a name or nothing."""


class Target(NamedTuple):
    """A parser and what it is tried with.

    Attributes:
        name: Kind of file.
        valid: Small valid files.
        read: Reads a damaged one; a folder is for files.
        refusals: Errors by which it refuses one.
    """

    name: str
    valid: Sequence[bytes]
    read: Callable[[bytes, Path], object]
    refusals: tuple[type[Exception], ...] = ()


class Count(NamedTuple):
    """What became of the damaged files of one kind.

    Attributes:
        name: Kind of file.
        read: Number of files that were read all the same.
        refused: Number of files that were refused.
        crashes: Exceptions that are no refusal, as text.
        cpu_s: CPU time for all.
        longest_s: CPU time of the slowest.
    """

    name: str
    read: int
    refused: int
    crashes: tuple[str, ...]
    cpu_s: float
    longest_s: float


def damage(valid: bytes, random: Random) -> bytes:
    """Up to five changes: bytes replaced, cut out, repeated or inserted, or a flipped bit."""
    content = valid
    for _ in range(random.randint(1, 5)):
        start = random.randint(0, len(content))
        end = min(len(content), start + random.choice((0, 1, 2, 4, 20)))
        flipped = bytes(each ^ 1 << random.randrange(8) for each in content[start:end])
        new = random.choice((flipped, random.choice(ODD), random.randbytes(6), content[:end][-40:]))
        content = content[:start] + new + content[end:]
    return content


def fuzz(
    target: Target,
    inputs: int,
    folder: Path,
    *,
    seed: object = SEED,
    keep: Callable[[bytes], object] = lambda _content: None,
) -> Count:
    """Reads damaged files of one kind.

    Args:
        target: Kind of file.
        inputs: Number of files.
        folder: Folder for files.
        seed: Seed of the damages.
        keep: Keeps a file that crashed the parser.
    """
    random = Random(f"{seed} {target.name}")
    read, refused, crashes, longest_s, start_s = 0, 0, [], 0.0, time.process_time()
    for number in range(inputs):
        content = damage(random.choice(target.valid), random)
        begun_s = time.process_time()
        try:
            target.read(content, folder)
            read += 1
        except target.refusals:
            refused += 1
        except Exception as error:  # noqa: BLE001 -- what this looks for
            crashes.append(f"input {number}: {type(error).__name__}: {error}"[:200])
            keep(content)
        longest_s = max(longest_s, time.process_time() - begun_s)
    cpu_s = time.process_time() - start_s
    return Count(target.name, read, refused, tuple(crashes), cpu_s, longest_s)


def targets() -> Iterator[Target]:
    """All parsers of untrusted bytes."""
    archives = [build() for build, _, _ in CORPUS.values()]
    yield Target("zip archives", archives, _unzip, (ArchiveRefused,))
    yield from (_recordings(*each) for each in _recorders())
    for suffix, valid in _layouts().items():
        yield Target(f"layouts, .{suffix}", valid, partial(_import, f"x.{suffix}"), (ConfigError,))
    yaml = b"name: a\nchecks:\n  - {kind: rows, least: 1.5, of: [b, 'c']}\n  - &x [1, 2]\n  - *x\n"
    yield Target("YAML", [yaml], lambda raw, _: yaml_document.read("x.yaml", raw))
    conditions = [b"a > 1 AND NOT (b BETWEEN 2 AND 3 OR c IS NULL)", b"abs(a - b) * 2 >= -4.5e3"]
    yield Target("conditions", conditions, _parse_condition, (ValueError,))


def _recorders() -> Iterator[tuple[str, Recorder, Layout | None, bytes]]:
    bits = to_bits(numbered_words(12))
    members = (".",)
    yield "ARINC 717", Arinc717Recorder(kind="arinc717", members=members), PLAIN, pack(bits)
    arinc767 = Arinc767Recorder(kind="arinc767", members=members)
    frames = frame_encoder.recording(range(0, 9000, 500))
    yield "ARINC 767", arinc767, frame_encoder.LAYOUT, frames
    rows = "\n".join(csv_log.row(f"09:59:0{second}", "17.9", "59.5", "GPS") for second in range(9))
    yield "CSV", csv_log.RECORDER, None, (csv_log.HEAD + rows).encode()
    irig = Irig106Recorder(kind="irig106", members=members, pcm_channel=9)
    yield "IRIG 106", irig, PLAIN, irig106.pcm_file(bits)


def _recordings(name: str, recorder: Recorder, layout: Layout | None, valid: bytes) -> Target:
    decode = DECODERS[recorder.kind]
    return Target(
        f"recordings, {name}",
        [valid],
        lambda raw, _: decode(raw, recorder, layout),
        (RecordingRefused,),
    )


def _layouts() -> dict[str, list[bytes]]:
    packed = [test_layout_file.vec(), test_layout_file.vec(compression=zipfile.ZIP_LZMA)]
    return {"vec": packed, "PRM": [test_layout_file.PRM.encode()], "xml": list(test_fred.SMALL)}


def _unzip(raw: bytes, _folder: Path) -> None:
    """Reads all members; one whose refusal hides a crash counts as one."""
    for path, content in unzipped(raw).items():
        if isinstance(content, ArchiveRefused) and content.reason == item_fault.CRASHED:
            raise AssertionError(f"{path}: {content}")


def _import(name: str, raw: bytes, folder: Path) -> None:
    path = folder / name
    path.write_bytes(raw)
    import_layout(path)


def _parse_condition(raw: bytes, _folder: Path) -> None:
    parse_condition(raw.decode("utf-8", "replace"))
