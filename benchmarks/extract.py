"""Extract: unpacking and naming by digest, against ``zipfile``."""

import hashlib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from benchmarks import fixtures
from benchmarks.measure import Row, Target, compare
from dataflow_health.stages import safe_zip
from dataflow_health.stages.safe_zip import Limits

LIMITS = Limits(total_bytes=1 << 30, ratio=1000, members=100, depth=1)
Way = Callable[[bytes], list[str]]


def run(*, quick: bool = False) -> list[Row]:
    """Archives of recordings of two hours, one member each."""
    archives = [fixtures.archive(fixtures.FEW, number) for number in range(2 if quick else 10)]
    if [_ours(each) for each in archives] != [_zipfile(each) for each in archives]:
        raise AssertionError("the two ways unpack different bytes")
    size_mb = sum(len(member) for each in archives for member in _unpacked(each)) / 1e6
    seconds = compare(
        {
            "zipfile": lambda: _one_by_one(_zipfile, archives),
            "ours": lambda: _one_by_one(_ours, archives),
            "zipfile, 2 threads": lambda: _threads(_zipfile, archives),
            "ours, 2 threads": lambda: _threads(_ours, archives),
        }
    )
    return list(_rows(seconds, size_mb))


def _rows(seconds: dict[str, float], size_mb: float) -> Iterator[Row]:
    targets = {"ours": Target(">=", 1.5)}
    for name, taken in seconds.items():
        other = name.replace("ours", "zipfile")
        ratio = seconds[other] / taken if other != name else None
        against = f"{other} + SHA-256" if ratio else ""
        yield Row(f"unzip, {name}", size_mb / taken, "MB/s", ratio, against, targets.get(name))


def _ours(archive: bytes) -> list[str]:
    found = safe_zip.members(archive, LIMITS)
    return [hashlib.sha256(member.content or b"").hexdigest() for member in found]


def _zipfile(archive: bytes) -> list[str]:
    return [hashlib.sha256(content).hexdigest() for content in _unpacked(archive)]


def _unpacked(archive: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        for name in opened.namelist():
            yield opened.read(name)


def _one_by_one(way: Way, archives: Sequence[bytes]) -> None:
    for each in archives:
        way(each)


def _threads(way: Way, archives: Sequence[bytes]) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(way, archives))
