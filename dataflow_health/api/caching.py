"""One evaluation and one drawing for however many ask: bodies kept while their snapshot lasts.

The entity tag is of the state's version, so who has it already gets 304; the moment of the report
does not change it.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock

from fastapi import Request, Response
from pydantic import BaseModel

from dataflow_health.api.envelope import Envelope
from dataflow_health.monitoring.monitor import Monitor, Snapshot
from dataflow_health.schemas import HealthStatus

JSON = "application/json"
MAX_BODIES = 200
"""Bodies that are kept; each differs by its query."""
MAX_STALE_S = 5.0
"""A body that is no older may be given while its successor is made."""


@dataclass(slots=True)
class _Kept:
    """One body, and who makes the next.

    Attributes:
        making: Held by who does.
        snapshot: What the body was made from; None before the first.
        body: As it is sent.
    """

    making: Lock = field(default_factory=Lock)
    snapshot: Snapshot | None = None
    body: bytes = b""


class ResponseCache:
    """Bodies made from snapshots, each made once however many want it.

    While a new one is made of a state that is still the same, the last one is given: only the
    moment in it differs, by seconds.
    """

    def __init__(self) -> None:
        """Empty."""
        self._kept: dict[str, _Kept] = {}
        self._lock = Lock()

    def body(self, snapshot: Snapshot, key: str, make: Callable[[], bytes]) -> bytes:
        """The body of that key."""
        with self._lock:
            if key not in self._kept and len(self._kept) >= MAX_BODIES:
                self._kept.clear()
            kept = self._kept.setdefault(key, _Kept())
        if kept.snapshot is snapshot:
            return kept.body
        if not kept.making.acquire(blocking=not _will_do(kept.snapshot, snapshot)):
            return kept.body
        try:
            if kept.snapshot is not snapshot:
                kept.body = make()
                kept.snapshot = snapshot
        finally:
            kept.making.release()
        return kept.body


def _will_do(last: Snapshot | None, snapshot: Snapshot) -> bool:
    return last is not None and last.version == snapshot.version and last.age_s < MAX_STALE_S


def cached_response(
    request: Request,
    make: Callable[[Snapshot], bytes],
    media_type: str = JSON,
    headers: dict[str, str] | None = None,
) -> Response:
    """What the newest snapshot makes of a request, or 304 when who asks has it.

    Args:
        request: Its path and query say which of the snapshot's bodies is meant.
        make: Makes the body.
        media_type: Of the body.
        headers: Sent along.
    """
    watch: Monitor = request.app.state.watch
    shelf: ResponseCache = request.app.state.shelf
    snapshot = watch.snapshot()
    key = f"{request.scope['path'].rpartition('/v1')[2]}?{request.url.query}"
    tag = f'W/"{snapshot.version}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"'
    sent = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if _has(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    body = shelf.body(snapshot, key, lambda: make(snapshot))
    return Response(body, media_type=media_type, headers=sent)


def envelope_json(data: BaseModel) -> bytes:
    """A model in the envelope, as it is sent."""
    return Envelope(data=data).model_dump_json().encode()


def health_status(snapshot: Snapshot) -> HealthStatus:
    """The report with what is known of its own health."""
    return HealthStatus.model_construct(
        **dict(snapshot.report),
        version=snapshot.version,
        ledger_error=snapshot.fault,
        config_errors=snapshot.config_faults,
    )


def _has(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    known = {each.strip().removeprefix("W/") for each in given.split(",")}
    return "*" in known or tag.removeprefix("W/") in known
