"""Connections to the stores of a lake: folders, object storage by the interface of S3, and HDFS."""

import contextlib
import functools
import uuid
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from dataflow_health import settings

ATTEMPTS = 5
"""Requests to an object store until one succeeds, after waits of up to 1, 2, 4 and 8 seconds."""
CHECKSUMS = "AWS_REQUEST_CHECKSUM_CALCULATION"
"""Variable that says when the AWS libraries send a checksum with what they upload."""


@functools.lru_cache(maxsize=8)
def connect(url: str) -> tuple[pafs.FileSystem, str]:
    """Connection to a store, and the path of the URL there.

    To connect again for every file would ask an object store for its region each time.

    Args:
        url: ``file:///...``, ``s3://bucket/...``, ``hdfs://...``. Of ``s3://``, key and secret may
            stand before the bucket, and ``region`` and ``endpoint_override`` in the query; else
            the ``AWS_`` variables of other tools hold.

    Raises:
        OSError: The store does not answer.
        pyarrow.ArrowException: The URL is invalid.
    """
    parts = urlsplit(url)
    if parts.scheme == "s3" and parts.hostname:
        return _connect_s3(parts), f"{_bucket(parts)}{parts.path}".rstrip("/")
    found: tuple[pafs.FileSystem, str] = pafs.FileSystem.from_uri(url)
    return found


def _connect_s3(parts: SplitResult) -> pafs.S3FileSystem:
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    variables = settings.store_environment()
    region = (
        given.get("region") or variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION")
    )
    options: dict[str, Any] = {}
    endpoint = given.get("endpoint_override") or variables.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        scheme, _, server = endpoint.rpartition("://")
        options["endpoint_override"] = server.rstrip("/")
        options["scheme"] = given.get("scheme") or scheme or "https"
        region = region or "us-east-1"
        # Servers other than Amazon's refuse checksums after the body: "411 MissingContentLength".
        settings.provide({CHECKSUMS: variables.get(CHECKSUMS, "when_required")})
    if parts.username:
        options["access_key"] = unquote(parts.username)
        options["secret_key"] = unquote(parts.password or "")
    return pafs.S3FileSystem(
        **options,
        region=region or pafs.resolve_s3_region(_bucket(parts)),
        allow_delayed_open=True,  # a small file is then one request, and three without
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    )


def _bucket(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


@contextlib.contextmanager
def open_new(system: pafs.FileSystem, path: str) -> Iterator[pa.NativeFile]:
    """A file to write, which readers see when the block ends without an error.

    An object becomes visible when its upload, in parts if it is large, ends. Other stores get a
    file of another name, which is renamed. The bytes are kept as they are: by default, Arrow would
    compress what is written to a name such as ``samples.tsv.zst``.

    Args:
        system: The store.
        path: Path of the file in the store.

    Raises:
        OSError: The file cannot be written.
    """
    if not isinstance(system, pafs.S3FileSystem):
        yield from _open_renamed(system, path)
        return
    stream = system.open_output_stream(path, compression=None)
    try:
        yield stream
    except BaseException:
        # Arrow has no way to give up an upload but to end it: what came so far is taken away.
        with contextlib.suppress(OSError):
            stream.close()
            system.delete_file(path)
        raise
    stream.close()


def _open_renamed(system: pafs.FileSystem, path: str) -> Iterator[pa.NativeFile]:
    target = PurePosixPath(path)
    part = str(target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.part")
    system.create_dir(str(target.parent))
    try:
        with system.open_output_stream(part, compression=None) as stream:
            yield stream
        replace(system, part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            system.delete_file(part)
        raise


def replace(system: pafs.FileSystem, source: str, target: str) -> None:
    """Moves a file; an existing target is replaced.

    HDFS refuses to rename to a name that exists, so the older file goes first there. An object
    store has no folders to make, and copies within itself.

    Args:
        system: The store.
        source: Path of the file in the store.
        target: Its new path.

    Raises:
        OSError: The file does not exist or cannot be moved.
    """
    if not isinstance(system, pafs.S3FileSystem):
        system.create_dir(str(PurePosixPath(target).parent))
    if system.type_name == "hdfs" and system.get_file_info(target).type != pafs.FileType.NotFound:
        system.delete_file(target)
    system.move(source, target)
