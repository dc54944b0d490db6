"""Uploads in parts to an object store that nothing ended: they take space, and no reader sees them.

Arrow can neither find nor abort them, so the client of the extra ``s3`` does. Without the extra
they stay until a rule of the bucket ends them.
"""

import importlib.util
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import pyarrow.fs as pafs
from loguru import logger

from dataflow_health.storage.files import stores

_UPLOAD = ".upload-"
"""Stands between the name of an object and the identifier of its upload."""


class Upload(NamedTuple):
    """An upload in parts.

    Attributes:
        key: Key of the object that it would make.
        id: The store's identifier.
    """

    key: str
    id: str


def find(access: stores.S3Access, path: str) -> list[Upload]:
    """Uploads whose key begins with a path; none without the extra ``s3``.

    Args:
        access: How the store is reached.
        path: Bucket, and the start of the key.

    Raises:
        OSError: The store does not answer, or refuses.
    """
    if importlib.util.find_spec("botocore") is None:
        return []
    bucket, _, prefix = path.partition("/")
    return [Upload(each["Key"], each["UploadId"]) for each in _pages(access, bucket, prefix)]


def end(access: stores.S3Access, bucket: str, upload: Upload) -> None:
    """Aborts an upload; its parts are removed.

    Raises:
        OSError: The store does not answer, or refuses.
    """
    _request(access, "abort_multipart_upload", Bucket=bucket, Key=upload.key, UploadId=upload.id)


def abort(access: stores.S3Access, path: str) -> None:
    """Aborts the uploads of one object, as far as the store answers.

    Args:
        access: How the store is reached.
        path: Bucket and key.
    """
    bucket, _, key = path.partition("/")
    try:
        for each in find(access, path):
            if each.key == key:
                end(access, bucket, each)
    except OSError as error:
        logger.warning("{}: an unfinished upload is left: {}", path, error)


def names(url: str, relative: str) -> list[str]:
    """Names for uploads in parts that nothing ended, in the folders of their objects.

    Args:
        url: Root of the store, as for :func:`stores.connect`.
        relative: Folder below it.

    Raises:
        OSError: The store does not answer.
    """
    system, root = stores.connect(url)
    if not isinstance(system, pafs.S3FileSystem):
        return []
    found = find(stores.s3_access(url), f"{root}/{relative}/")
    inside = len(root.partition("/")[2])
    places = ((PurePosixPath(each.key[inside:].lstrip("/")), each.id) for each in found)
    return [
        str(place.with_name(f".{place.name}{_UPLOAD}{quote(id_, safe='')}{stores.PART}"))
        for place, id_ in places
    ]


def end_named(url: str, relative: str) -> bool:
    """Ends the upload of a name of :func:`names`; False for any other name.

    Args:
        url: Root of the store, as for :func:`stores.connect`.
        relative: The name, with its folder.

    Raises:
        OSError: The store does not answer.
    """
    place = PurePosixPath(relative)
    hidden = place.name.removeprefix(".").removesuffix(stores.PART)
    name, is_upload, id_ = hidden.rpartition(_UPLOAD)
    if not is_upload:
        return False
    bucket, _, root = stores.connect(url)[1].partition("/")
    key = str(PurePosixPath(root) / place.with_name(name))
    end(stores.s3_access(url), bucket, Upload(key, unquote(id_)))
    return True


def _pages(access: stores.S3Access, bucket: str, prefix: str) -> Iterator[Any]:
    given = {"Bucket": bucket, "Prefix": prefix}
    while True:
        page = _request(access, "list_multipart_uploads", **given)
        yield from page.get("Uploads", ())
        if not page.get("IsTruncated"):
            return
        given |= {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}


def _request(access: stores.S3Access, operation: str, **given: str) -> Any:  # noqa: ANN401 -- as JSON
    """One request; it waits for seconds only, as the step that has failed already is to end."""
    import botocore.session  # here: a process that uploads nothing in parts needs none of it
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    limits = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2})
    options = {
        "endpoint_url": access.endpoint,
        "region_name": access.region,
        "aws_access_key_id": access.key,
        "aws_secret_access_key": access.secret,
    }
    chosen = {name: value for name, value in options.items() if value}
    try:
        client = botocore.session.get_session().create_client("s3", config=limits, **chosen)
        try:
            return getattr(client, operation)(**given)
        finally:
            client.close()
    except (BotoCoreError, ClientError) as error:
        raise OSError(str(error)) from error
