"""Attacks on the stages that open untrusted bytes: large archives, and the corpus of the tests.

Each archive is opened in a child process as the pipeline does it, with the default limits but less
time and memory, so that the page is made in minutes.
"""

import io
import json
import os
import pickle
import resource
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.errors import ArchiveRefused, Refused
from dataflow_health.stages import archive_reader
from dataflow_health.stages.archive_reader import MemberReply
from dataflow_health.stages.safe_zip import Limits
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health.stages.sandbox.pool import Sandbox
from dataflow_health.storage.files.lake import file_sha256
from dataflow_health_tests.stages.hostile_archives import CORPUS

SANDBOX = replace(SandboxLimits(), memory_bytes=512 << 20, cpu_s=8, file_bytes=1 << 30)
LIMITS = Limits(total_bytes=8 << 30, ratio=1000.0, members=10_000, depth=3)
RECORDING = "HB-ZAA_20261120T081200Z.rdf"
ZERO_BYTES = 256 << 20
NO_DIGEST = "0" * 64


class Attack(NamedTuple):
    """One attack.

    Attributes:
        name: What it is.
        write: Writes the archive to a path.
        expected: Reason codes of which one is right.
    """

    name: str
    write: Callable[[Path], object]
    expected: tuple[str, ...]


class Result(NamedTuple):
    """What became of an attack.

    Attributes:
        size_bytes: Size of the archive.
        reasons: Reason codes of the archive or its members; ``accepted`` without.
        peak_bytes: Peak memory of the child process.
        cpu_s: CPU time of the child process, its start included.
        duration_s: Seconds until the answer.
    """

    size_bytes: int
    reasons: tuple[str, ...]
    peak_bytes: int
    cpu_s: float
    duration_s: float


def _zip(path: Path, members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _zeros(path: Path, method: int) -> None:
    """One member of :data:`ZERO_BYTES` zeros, written in pieces."""
    with zipfile.ZipFile(path, "w", method) as archive, archive.open(RECORDING, "w") as member:
        for _ in range(ZERO_BYTES >> 20):
            member.write(bytes(1 << 20))


def _many_small(path: Path) -> None:
    _zip(path, {f"{number}.rdf": b"" for number in range(20_000)})


def _barely_within_the_ratio(path: Path) -> None:
    """Members that unpack some 500 times each, below the limit, to 500 MB in all."""
    piece = os.urandom(1100) + bytes(1_000_000)
    _zip(path, {f"{number}.bin": piece for number in range(500)})


def _overlapping(path: Path) -> None:
    """1,000 entries of the directory that name one member."""
    _zip(path, {f"{number:04}.rdf": bytes(100_000) for number in range(1000)})
    content = bytearray(path.read_bytes())
    at = 0
    while (at := content.find(b"PK\x01\x02", at)) >= 0:
        content[at + 42 : at + 46] = bytes(4)
        at += 46
    path.write_bytes(content)


def _nested(path: Path) -> None:
    content = b"x"
    for _ in range(8):
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w") as archive:
            archive.writestr("in.zip", content)
        content = sink.getvalue()
    path.write_bytes(content)


def _lying_size(path: Path) -> None:
    """A member of :data:`ZERO_BYTES` whose directory says 1,000 bytes."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = (
        b"".join([packed.compress(bytes(1 << 20)) for _ in range(ZERO_BYTES >> 20)])
        + packed.flush()
    )
    _zip(path, {RECORDING: b"x" * 1000}, zipfile.ZIP_STORED)
    content = path.read_bytes()
    at = content.index(b"PK\x01\x02")
    head = bytearray(content[: 30 + len(RECORDING)])
    entry = bytearray(content[at:])
    for block, method_at, size_at in ((head, 8, 18), (entry, 10, 20)):
        block[method_at : method_at + 2] = struct.pack("<H", 8)
        block[size_at : size_at + 4] = struct.pack("<L", len(body))
    end = entry.index(b"PK\x05\x06")
    entry[end + 16 : end + 20] = struct.pack("<L", len(head) + len(body))
    path.write_bytes(bytes(head) + body + bytes(entry))


def _sparse(path: Path) -> None:
    """50 GB of nothing."""
    with path.open("wb") as file:
        file.truncate(50_000_000_000)


def _flipped_bits(path: Path) -> None:
    _zip(path, {RECORDING: os.urandom(1 << 20)})
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)


LARGE = (
    Attack("256 MiB of zeros, deflate", lambda p: _zeros(p, zipfile.ZIP_DEFLATED), ("bomb",)),
    Attack("256 MiB of zeros, bzip2", lambda p: _zeros(p, zipfile.ZIP_BZIP2), ("bomb",)),
    Attack("256 MiB of zeros, LZMA", lambda p: _zeros(p, zipfile.ZIP_LZMA), ("bomb",)),
    Attack("256 MiB said to be 1,000 bytes", _lying_size, ("crc_error",)),
    Attack("500 members of 1 MB, each 500 times packed", _barely_within_the_ratio, ("accepted",)),
    Attack("1,000 entries of one member", _overlapping, ("overlapping_members",)),
    Attack("20,000 members", _many_small, ("too_many_members",)),
    Attack("nested 8 deep", _nested, ("too_deep",)),
    Attack("sparse file of 50 GB", _sparse, ("cpu_limit", "not_a_zip")),
    Attack("one flipped bit", _flipped_bits, ("crc_error",)),
    Attack("a path out of the archive", lambda p: _zip(p, {"../../a.rdf": b"x"}), ("path_escape",)),
    Attack("a name of 65,000 letters", lambda p: _zip(p, {"A" * 65_000: b"x"}), ("name_too_long",)),
)


def _of_the_corpus() -> Iterator[Attack]:
    """The archives that the tests open on every change."""
    for name, (build, reason, _) in CORPUS.items():
        words = name.replace("_", " ")
        yield Attack(words, partial(_write, build), (reason,))


def _write(build: Callable[[], bytes], path: Path) -> None:
    path.write_bytes(build())


ATTACKS = (*LARGE, *_of_the_corpus())


def run(attack: Attack) -> Result:
    """Opens one hostile archive in a child process; this process must have had no other child."""
    recorders = pickle.dumps(config.load(BUILTIN_FOLDER).recorders)
    sandbox = Sandbox(SANDBOX)
    with tempfile.TemporaryDirectory() as folder:
        path, work = Path(folder) / "attack.zip", Path(folder) / "work"
        work.mkdir()
        attack.write(path)
        digest = NO_DIGEST if attack.write is _sparse else file_sha256(path)
        start_s = time.perf_counter()
        reasons = _open(sandbox, path, digest, recorders, work)
        duration_s = time.perf_counter() - start_s
        sandbox.close()
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu_s = used.ru_utime + used.ru_stime
        return Result(path.stat().st_size, reasons, used.ru_maxrss * 1024, cpu_s, duration_s)


def _open(
    sandbox: Sandbox, path: Path, digest: str, recorders: bytes, work: Path
) -> tuple[str, ...]:
    """Reason codes of the archive or of its members."""
    try:
        reasons = sandbox.run(
            archive_reader.read,
            *(path, path.name, digest, path.name, recorders, LIMITS, work),
            item=MemberReply,
            handle=lambda member: member.refusal.reason if member.refusal else "",
            refusal=ArchiveRefused,
            subject=path.name,
        )
    except Refused as refused:
        return (refused.reason,)
    return tuple(sorted(set(filter(None, reasons)))) or ("accepted",)


def measure(number: int) -> Result:
    """Result of an attack that runs in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", "benchmarks.reliability_attacks", str(number)]
    done = subprocess.run(command, capture_output=True, check=True)
    size_bytes, reasons, *used = json.loads(done.stdout)
    return Result(size_bytes, tuple(reasons), *used)


def main() -> None:
    """Prints the result of the attack with this number."""
    print(json.dumps(run(ATTACKS[int(sys.argv[1])])))


if __name__ == "__main__":
    main()
