"""Writes files of a lake that is not a folder of this machine: whole or not at all.

An object is visible when its upload ends. Other stores get a file of a hidden name first, which is
renamed.
"""

import contextlib
import uuid
from collections.abc import Iterable
from itertools import chain
from pathlib import PurePosixPath
from typing import BinaryIO

import pyarrow as pa
import pyarrow.fs as pafs

from dataflow_health.storage.files import stores, unfinished_uploads

PART_BYTES = 10 << 20
"""Arrow uploads an object in parts of this size; a smaller one is a single request."""
WHOLE_BYTES = 32 << 20
"""Bytes given to Arrow at once, which copies them while their parts are under way. A larger object
is uploaded by a hidden name first."""


def write_whole(url: str, relative: str, content: pa.Buffer) -> None:
    """Writes a file, which readers see whole or not at all; an existing one is replaced.

    The bytes are kept as they are: by default, Arrow would compress what is written to a name such
    as ``samples.tsv.zst``.

    Args:
        url: Root of the store, as for :func:`stores.connect`.
        relative: Path of the file below it.
        content: All its bytes.

    Raises:
        OSError: The file cannot be written.
    """
    system, root = stores.connect(url)
    if isinstance(system, pafs.S3FileSystem):
        _upload(url, system, f"{root}/{relative}", [content])
    else:
        _write_and_rename(url, system, f"{root}/{relative}", [content])


def write_stream(url: str, relative: str, source: BinaryIO) -> None:
    """As :func:`write_whole`, with the bytes of an open file, whatever its size.

    Args:
        url: Root of the store, as for :func:`stores.connect`.
        relative: Path of the file below it.
        source: The file, at its start.

    Raises:
        OSError: The file cannot be read or written.
    """
    start = source.read(WHOLE_BYTES)
    if len(start) < WHOLE_BYTES:
        write_whole(url, relative, pa.py_buffer(start))
        return
    system, root = stores.connect(url)
    more = iter(lambda: source.read(WHOLE_BYTES), b"")
    chunks = (pa.py_buffer(each) for each in chain([start], more))
    _write_and_rename(url, system, f"{root}/{relative}", chunks)


def _upload(url: str, system: pafs.S3FileSystem, path: str, chunks: Iterable[pa.Buffer]) -> None:
    """Uploads an object, which is visible when its upload ends.

    Arrow gives up no upload: an error between two chunks makes an object of those before. A single
    chunk is all or nothing, because a part that failed fails the end, too.
    """
    stream = system.open_output_stream(path, compression=None)
    size = 0
    try:
        for chunk in chunks:
            size += chunk.size
            stream.write(chunk)
            stream.flush()  # the parts under way are copies of the chunk
        stream.close()
    except BaseException:
        with contextlib.suppress(OSError):
            stream.close()
        if size >= PART_BYTES:
            unfinished_uploads.abort(stores.s3_access(url), path)
        raise


def _write_and_rename(
    url: str, system: pafs.FileSystem, path: str, chunks: Iterable[pa.Buffer]
) -> None:
    """Writes a file of a hidden name, and gives it its own when it is whole."""
    target = PurePosixPath(path)
    part = str(target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}{stores.PART}")
    try:
        if isinstance(system, pafs.S3FileSystem):
            _upload(url, system, part, chunks)
        else:
            system.create_dir(str(target.parent))
            with system.open_output_stream(part, compression=None) as stream:
                for chunk in chunks:
                    stream.write(chunk)
        stores.replace(system, part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            system.delete_file(part)
        raise
