"""Extract: unpacking and hashing members, compared with ``zipfile``."""

import hashlib
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

from benchmarks import fixtures
from benchmarks.measure import Measurement, Target, compare
from dataflow_health.stages import safe_zip
from dataflow_health.stages.safe_zip import Limits

LIMITS = Limits(total_bytes=1 << 30, ratio=1000, members=100, depth=1)
Unpack = Callable[[bytes], list[str]]


def run(*, quick: bool = False) -> list[Measurement]:
    """Unpacks archives with one recording of two hours each."""
    archives = [fixtures.archive(fixtures.FEW, number) for number in range(2 if quick else 10)]
    if [_with_safe_zip(archive) for archive in archives] != [
        _with_zipfile(archive) for archive in archives
    ]:
        raise AssertionError("the alternatives unpack different bytes")
    size_mb = sum(len(member) for archive in archives for member in _read_members(archive)) / 1e6
    seconds = compare(
        {
            "zipfile": lambda: _sequentially(_with_zipfile, archives),
            "ours": lambda: _sequentially(_with_safe_zip, archives),
            "zipfile, 2 threads": lambda: _in_threads(_with_zipfile, archives),
            "ours, 2 threads": lambda: _in_threads(_with_safe_zip, archives),
        }
    )
    return list(_rows(seconds, size_mb))


def _rows(seconds: dict[str, float], size_mb: float) -> Iterator[Measurement]:
    targets = {"ours": Target(">=", 1.5)}
    for name, duration_s in seconds.items():
        other = name.replace("ours", "zipfile")
        ratio = seconds[other] / duration_s if other != name else None
        against = f"{other} + SHA-256" if ratio else ""
        yield Measurement(
            f"unzip, {name}", size_mb / duration_s, "MB/s", ratio, against, targets.get(name)
        )


def _with_safe_zip(archive: bytes) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        members = safe_zip.members(BytesIO(archive), LIMITS, Path(folder))
        return [member.digest for member in members]


def _with_zipfile(archive: bytes) -> list[str]:
    return [hashlib.sha256(content).hexdigest() for content in _read_members(archive)]


def _read_members(archive: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(BytesIO(archive)) as zip_file:
        for name in zip_file.namelist():
            yield zip_file.read(name)


def _sequentially(unpack: Unpack, archives: Sequence[bytes]) -> None:
    for archive in archives:
        unpack(archive)


def _in_threads(unpack: Unpack, archives: Sequence[bytes]) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(unpack, archives))
