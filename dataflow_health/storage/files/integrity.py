"""Files of the lake, checked against their digest when they are read.

Every stage reads the output of the stage before through :func:`read_file`, in Spark's workers too.
A file that is missing or damaged refuses its recording or archive; a lake that is not there at all
fails the stage, which is then retried.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path

from dataflow_health import masking
from dataflow_health.errors import RecordingRefused, Refused, StorageError
from dataflow_health.storage.files.lake import Lake, file_sha256, sha256

INPUT_MISSING = "input_missing"
INPUT_CHANGED = "input_changed"
INPUT_REASONS = (INPUT_MISSING, INPUT_CHANGED)
"""Reason codes of a refusal for a file that is missing or has other bytes than were written."""


def read_file(
    lake: Lake, path: str, digest: str, refusal: type[Refused] = RecordingRefused
) -> bytes:
    """Content of a file, which has the digest that the ledger holds.

    Args:
        lake: Files of the stages.
        path: Path of the file in the lake.
        digest: SHA-256 of the bytes that were written.
        refusal: Error for a file that is missing or damaged.

    Raises:
        Refused: The file is missing or damaged; of the type ``refusal``.
        StorageError: The lake cannot be read.
    """
    try:
        content = lake.read(path)
    except StorageError as error:
        _raise_unless_missing(lake, path, error)
        raise _missing(path, digest, refusal) from None
    verify(path, content, digest, refusal)
    return content


@contextmanager
def local_copy(
    lake: Lake, path: str, digest: str, refusal: type[Refused] = RecordingRefused
) -> Iterator[Path]:
    """A path on this machine with the bytes of a file, which are not checked yet.

    Args:
        lake: Files of the stages.
        path: Path of the file in the lake.
        digest: SHA-256 of the bytes that were written, for the error.
        refusal: Error for a file that is missing.

    Raises:
        Refused: The file is missing; of the type ``refusal``.
        StorageError: The lake cannot be read.
    """
    with ExitStack() as stack:
        try:
            local = stack.enter_context(lake.local_copy(path))
        except StorageError as error:
            _raise_unless_missing(lake, path, error)
            raise _missing(path, digest, refusal) from None
        yield local


def verify_file(
    local: Path, path: str, digest: str, refusal: type[Refused] = RecordingRefused
) -> None:
    """Checks a local file against its digest without holding its bytes in memory.

    Args:
        local: The file.
        path: Path of the file in the lake, for the error.
        digest: SHA-256 of the bytes that were written.
        refusal: Error for a file that is damaged.

    Raises:
        Refused: The digests differ; of the type ``refusal``.
        OSError: The file cannot be read.
    """
    _compare(path, file_sha256(local), digest, refusal)


def verify_stream(
    stream: BufferedReader, path: str, digest: str, refusal: type[Refused] = RecordingRefused
) -> None:
    """Checks an open file against its digest in pieces, and goes back to its start.

    Args:
        stream: The file, at its start.
        path: Path of the file in the lake, for the error.
        digest: SHA-256 of the bytes that were written.
        refusal: Error for a file that is damaged.

    Raises:
        Refused: The digests differ; of the type ``refusal``.
        OSError: The file cannot be read.
    """
    _compare(path, hashlib.file_digest(stream, "sha256").hexdigest(), digest, refusal)
    stream.seek(0)


def check_file(lake: Lake, path: str, digest: str) -> None:
    """Checks that a file is in the lake with its digest, whatever its size.

    Args:
        lake: Files of the stages.
        path: Path of the file in the lake.
        digest: SHA-256 of the bytes that were written.

    Raises:
        RecordingRefused: The file is missing or damaged.
        StorageError: The lake cannot be read.
    """
    with local_copy(lake, path, digest) as local:
        try:
            verify_file(local, path, digest)
        except FileNotFoundError:
            raise _missing(path, digest, RecordingRefused) from None
        except OSError as error:
            raise StorageError(f"{lake.path(path)}: {error.strerror or error}") from error


def verify(
    path: str, content: bytes, digest: str, refusal: type[Refused] = RecordingRefused
) -> None:
    """Checks the content of a file against its digest. Pure.

    Args:
        path: Path of the file in the lake, for the error.
        content: Bytes that were read.
        digest: SHA-256 of the bytes that were written.
        refusal: Error for a file that is damaged.

    Raises:
        Refused: The digests differ; of the type ``refusal``.
    """
    _compare(path, sha256(content), digest, refusal)


def _compare(path: str, found: str, digest: str, refusal: type[Refused]) -> None:
    if found != digest:
        detail = f"{path}: digest {found[:12]}, written as {digest[:12]}"
        raise refusal(INPUT_CHANGED, detail)


def _missing(path: str, digest: str, refusal: type[Refused]) -> Refused:
    detail = f"{path}: not in the lake; it was written with digest {digest[:12]}"
    return refusal(INPUT_MISSING, detail)


def _raise_unless_missing(lake: Lake, path: str, error: StorageError) -> None:
    """Raises unless a file alone is missing: nothing is at its path, or a folder in its place."""
    if not isinstance(error.__cause__, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        raise error
    if lake.is_empty():
        raise StorageError(
            f"{masking.mask_url(lake.path(path))}: the lake is empty, or is not there: mount its "
            "disk, create the bucket, or correct DATAFLOW_HEALTH_LAKE_URL"
        ) from error
