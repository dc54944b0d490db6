"""Outbox of OpenLineage events: a file each, sent in order, kept until the receiver took it.

A run only writes files. A receiver that is away or slow holds up nothing: its events wait, and the
check ``lineage_delivered`` shows how long the oldest one has.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

from loguru import logger

from dataflow_health import masking
from dataflow_health.settings import Settings

EventState = Literal["START", "COMPLETE", "FAIL"]

FOLDER = "openlineage"
REFUSED = "refused"
"""Folder of events that the receiver refused; people look at them."""
MOST = 10_000
"""Events that may wait: some weeks of one a minute. The oldest go first."""
TIMEOUT_S = 5.0
HTTP_BAD = range(400, 500)
HTTP_LATER = frozenset({401, 403, 404, 408, 429})
"""Refusals of the sender or the address, not of the event."""


def folder(chosen: Settings) -> Path:
    """Folder of the events that wait."""
    return chosen.home / FOLDER


def add(chosen: Settings, event: str, at: datetime) -> None:
    """Adds an event.

    Raises:
        OSError: The folder cannot be written.
    """
    place = folder(chosen)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{int(at.timestamp() * 1e6):020d}-{uuid4().hex[:8]}"
    hidden = place / f".{name}"
    hidden.write_text(event, encoding="utf-8")
    hidden.rename(place / f"{name}.json")


def waiting(chosen: Settings) -> list[Path]:
    """Events that wait, oldest first."""
    return sorted(folder(chosen).glob("*.json"))


def refused(chosen: Settings) -> list[Path]:
    """Events that the receiver refused, oldest first."""
    return sorted((folder(chosen) / REFUSED).glob("*.json"))


def added_at_s(event: Path) -> float:
    """When an event was added, seconds since 1970."""
    return int(event.name.partition("-")[0]) / 1e6


def deliver(chosen: Settings) -> int:
    """Sends what waits, in order, until the receiver does not answer; returns how many it took.

    Only one process at a time sends. Nothing is raised: what is not sent waits.
    """
    sent = 0
    with _alone(folder(chosen)) as is_alone:
        events = waiting(chosen) if is_alone else []
        for old in events[:-MOST]:
            old.unlink(missing_ok=True)
        transport = _transport(chosen) if events else None
        for event in events[-MOST:]:
            if transport is None or not _send(transport, event):
                break
            sent += 1
    return sent


def _send(transport: Any, event: Path) -> bool:  # noqa: ANN401  (a class of an optional package)
    """Whether to go on with the next event."""
    try:
        transport.emit(json.loads(event.read_text(encoding="utf-8")))
    except Exception as error:  # noqa: BLE001  (any library of the receiver's transport)
        status = getattr(getattr(error, "response", None), "status_code", 0)
        shown = masking.mask((str(error).splitlines() or [type(error).__name__])[0])
        logger.warning("an OpenLineage event was not taken: {}", shown)
        if status in HTTP_BAD and status not in HTTP_LATER:
            (event.parent / REFUSED).mkdir(mode=0o700, exist_ok=True)
            event.rename(event.parent / REFUSED / event.name)
            return True
        return False
    event.unlink(missing_ok=True)
    return True


def _transport(chosen: Settings) -> Any:  # noqa: ANN401
    """The package's transport to the receiver; loaded only where events are sent."""
    from openlineage.client.transport.file import FileConfig, FileTransport
    from openlineage.client.transport.http import (
        ApiKeyTokenProvider,
        HttpConfig,
        HttpTransport,
        TokenProvider,
    )

    url = chosen.openlineage_url
    parts = urlsplit(url)
    if parts.scheme in ("", "file"):
        path = url2pathname(parts.path)
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return FileTransport(FileConfig(log_file_path=path, append=True))
    key = chosen.openlineage_key.get_secret_value()
    auth = ApiKeyTokenProvider({"apiKey": key}) if key else TokenProvider({})
    return HttpTransport(HttpConfig(url=url, timeout=TIMEOUT_S, auth=auth, retry={"total": 0}))


@contextmanager
def _alone(place: Path) -> Iterator[bool]:
    """Whether this process alone sends now."""
    if not place.is_dir():
        yield False
        return
    handle = os.open(place / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield True
            return
        yield False
    finally:
        os.close(handle)
