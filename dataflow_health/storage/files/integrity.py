"""Files of the lake, checked against their digest when they are read.

Every stage reads the output of the stage before through :func:`read_file`, in Spark's workers too.
A file that is missing or damaged refuses its recording or archive; a lake that is not there at all
fails the stage, which is then retried.
"""

from dataflow_health.errors import RecordingRefused, Refused, StorageError
from dataflow_health.storage.files.lake import Lake, sha256

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
        if not _is_missing(error) or lake.is_empty():
            raise
        detail = f"{path}: not in the lake; it was written with digest {digest[:12]}"
        raise refusal(INPUT_MISSING, detail) from None
    verify(path, content, digest, refusal)
    return content


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
    found = sha256(content)
    if found != digest:
        detail = f"{path}: digest {found[:12]}, written as {digest[:12]}"
        raise refusal(INPUT_CHANGED, detail)


def _is_missing(error: StorageError) -> bool:
    """Whether no file is at the path: nothing, or a folder in its place."""
    return isinstance(error.__cause__, FileNotFoundError | IsADirectoryError | NotADirectoryError)
