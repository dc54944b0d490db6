"""Jobs that do in a child process what untrusted bytes might make it do."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from dataflow_health.errors import ArchiveRefused, RecordingRefused
from dataflow_health.health.frozen_model import FrozenModel


class Number(FrozenModel):
    """An item."""

    value: int


class Words(FrozenModel):
    """An item of another kind."""

    words: tuple[str, ...]


def count(most: int) -> Iterator[Number]:
    """The numbers up to a limit."""
    for value in range(most):
        yield Number(value=value)


def process_id() -> Iterator[Number]:
    """Number of the process."""
    yield Number(value=os.getpid())


def refuse() -> Iterator[Number]:
    """Refuses with everything that a refusal may have."""
    yield Number(value=1)
    raise RecordingRefused(
        "bad_sync", "no sync", byte_offset=7, frame=2, evidence=b"\xff\0", measurements={"a": [1]}
    )


def fill_memory() -> Iterator[Number]:
    """Needs 16 GiB."""
    yield Number(value=len(bytearray(16 << 30)))


def spin() -> Iterator[Number]:
    """Never ends."""
    while True:
        pass
    yield Number(value=0)


def sleep() -> Iterator[Number]:
    """Never ends, and needs no CPU."""
    signal.pause()
    yield Number(value=0)


def die(number: int, marker: Path | None = None) -> Iterator[Number]:
    """Dies of a signal; with a marker, in the first attempt only."""
    yield Number(value=1)
    if marker is None or not marker.exists():
        if marker:
            marker.touch()
        os.kill(os.getpid(), number)
    yield Number(value=2)


def leave() -> Iterator[Number]:
    """Ends the process without an answer."""
    yield Number(value=1)
    os._exit(3)


def write(path: Path, size_bytes: int) -> Iterator[Number]:
    """Writes a file."""
    path.write_bytes(bytes(size_bytes))
    yield Number(value=size_bytes)


def open_many() -> Iterator[Number]:
    """Opens a thousand files."""
    files = [Path("/dev/null").open("rb") for _ in range(1000)]  # noqa: SIM115
    yield Number(value=len(files))


def missing_disk() -> Iterator[Number]:
    """Reads a file that is not there."""
    Path("/no/such/file").read_bytes()
    yield Number(value=0)


def environment() -> Iterator[Words]:
    """Names of the environment variables, and the flags of Python."""
    yield Words(words=(*sorted(os.environ), f"safe_path={sys.flags.safe_path}"))


def lie() -> Iterator[Words]:
    """An item of another model than the caller expects."""
    yield Words(words=("x",))


def archive_refusal() -> Iterator[Number]:
    """A refusal with a reason that is no code."""
    yield Number(value=1)
    raise ArchiveRefused("Not A Code\n", "x")
