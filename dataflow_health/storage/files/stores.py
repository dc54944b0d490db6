"""Connections to the stores of a lake: folders, object storage by the interface of S3, and HDFS."""

import functools
import random
import re
import time
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from dataflow_health import settings

ATTEMPTS = 5
"""Requests to an object store until one succeeds, after waits of up to 1, 2, 4 and 8 seconds."""
PART = ".part"
"""Ending of a file that its writer has not finished."""
ANSWER_S = 20.0
"""Seconds without a byte after which a request is given up. The AWS libraries would wait for 3, in
which a store that is busy, or copies a large object within itself, may send none."""
CONNECT_S = 5.0
"""Seconds within which a store takes a connection."""
CHECKSUMS = "AWS_REQUEST_CHECKSUM_CALCULATION"
"""Variable that says when the AWS libraries send a checksum with what they upload."""

_ADVICE = {
    "NO_SUCH_BUCKET": "create the bucket, or correct DATAFLOW_HEALTH_LAKE_URL",
    "ACCESS_DENIED": "the key of AWS_ACCESS_KEY_ID is wrong or lacks the right: it must list the "
    "bucket, and get, put and delete its objects",
    "INVALID_ACCESS_KEY_ID": "correct AWS_ACCESS_KEY_ID, which the store does not know",
    "INVALID_CLIENT_TOKEN_ID": "correct AWS_ACCESS_KEY_ID, which the store does not know",
    "SIGNATURE_DOES_NOT_MATCH": "correct AWS_SECRET_ACCESS_KEY, which is not that of the key",
    "NETWORK_CONNECTION": "start the store, or correct AWS_ENDPOINT_URL",
    "SLOW_DOWN": "the store refuses more requests; lower DATAFLOW_HEALTH_WORKERS if it goes on",
    "REQUEST_TIME_TOO_SKEWED": "set this machine's clock",
}
_UNREADABLE = "Failed to flush response stream"
"""In the error of an answer that is longer than what was asked for."""
_AWS_ERROR = re.compile(r"AWS Error ([A-Z_]+)")


class S3Access(NamedTuple):
    """How an object store is reached.

    Attributes:
        endpoint: URL of a server other than Amazon's; empty for Amazon's.
        region: Its region; empty for what the AWS libraries find.
        key: Key of the lake's URL; empty for what the AWS libraries find.
        secret: Secret of the key.
    """

    endpoint: str
    region: str
    key: str
    secret: str


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


def s3_access(url: str) -> S3Access:
    """How the object store of a URL is reached, by the URL or else by the ``AWS_`` variables."""
    parts = urlsplit(url)
    given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    variables = settings.store_environment()
    endpoint = given.get("endpoint_override") or variables.get("AWS_ENDPOINT_URL", "")
    if endpoint:
        scheme, _, server = endpoint.rpartition("://")
        endpoint = f"{given.get('scheme') or scheme or 'https'}://{server.rstrip('/')}"
    regions = (
        given.get("region"),
        variables.get("AWS_REGION"),
        variables.get("AWS_DEFAULT_REGION"),
        "us-east-1" if endpoint else "",
    )
    region = next((each for each in regions if each), "")
    return S3Access(endpoint, region, unquote(parts.username or ""), unquote(parts.password or ""))


def _connect_s3(parts: SplitResult) -> pafs.S3FileSystem:
    access = s3_access(parts.geturl())
    options: dict[str, Any] = {}
    if access.endpoint:
        options["scheme"], _, options["endpoint_override"] = access.endpoint.partition("://")
        # Servers other than Amazon's refuse checksums after the body: "411 MissingContentLength".
        settings.provide({CHECKSUMS: settings.store_environment().get(CHECKSUMS, "when_required")})
    if access.key:
        options |= {"access_key": access.key, "secret_key": access.secret}
    return pafs.S3FileSystem(
        **options,
        region=access.region or pafs.resolve_s3_region(_bucket(parts)),
        allow_delayed_open=True,  # a small file is then one request, and three without
        # A part that failed then fails the end of the upload, too; else a torn object is made.
        background_writes=True,
        request_timeout=ANSWER_S,
        connect_timeout=CONNECT_S,
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=ATTEMPTS),
    )


def _bucket(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def advice(reason: str) -> str:
    """What would be right, for an error of an object store; empty for any other error. Pure."""
    if _UNREADABLE in reason:
        return "the store sends an error page instead of the object's bytes; see its log"
    found = _AWS_ERROR.search(reason)
    return _ADVICE.get(found[1], "") if found else ""


def read(file: pa.NativeFile, size: int | None = None) -> bytes:
    """Bytes of an open file from its position on; all of them without a size.

    Arrow repeats requests by itself, but puts an answer into a buffer of the size that it asked
    for. The page of an error that is longer is neither understood nor repeated; so it is here.

    Raises:
        OSError: The file cannot be read.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            content: bytes = file.read(size)
        except OSError as error:
            if _UNREADABLE not in str(error):
                raise
        else:
            return content
        time.sleep(random.uniform(0, 1 << attempt))  # noqa: S311 -- no secret
    last: bytes = file.read(size)
    return last


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
