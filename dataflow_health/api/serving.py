"""One evaluation and one drawing for however many ask: bodies kept while their snapshot lasts.

The entity tag is of the state's version, so who has it already gets 304; the moment of the report
does not change it.
"""

import hashlib
from collections.abc import Callable
from http import HTTPStatus
from threading import Lock

from fastapi import Request, Response
from pydantic import BaseModel

from dataflow_health.api.envelope import Envelope
from dataflow_health.orchestration.answers import Board
from dataflow_health.orchestration.watch import Snapshot, Watch

JSON = "application/json"
MOST = 200
"""Bodies of one snapshot that are kept; each differs by its query."""


class Shelf:
    """Bodies made from the newest snapshot, each made once."""

    def __init__(self) -> None:
        """Empty."""
        self._snapshot: Snapshot | None = None
        self._bodies: dict[str, bytes] = {}
        self._making: dict[str, Lock] = {}
        self._lock = Lock()

    def body(self, snapshot: Snapshot, key: str, make: Callable[[], bytes]) -> bytes:
        """The body of that key, made by the first who asks while the others wait for it."""
        with self._lock:
            if snapshot is not self._snapshot or len(self._bodies) >= MOST:
                self._snapshot, self._bodies, self._making = snapshot, {}, {}
            bodies, making = self._bodies, self._making.setdefault(key, Lock())
        with making:
            if key not in bodies:
                bodies[key] = make()
            return bodies[key]


def served(
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
    watch: Watch = request.app.state.watch
    shelf: Shelf = request.app.state.shelf
    snapshot = watch.snapshot()
    key = f"{request.scope['path'].rpartition('/v1')[2]}?{request.url.query}"
    tag = f'W/"{snapshot.version}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"'
    sent = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if _has(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    body = shelf.body(snapshot, key, lambda: make(snapshot))
    return Response(body, media_type=media_type, headers=sent)


def enveloped(data: BaseModel) -> bytes:
    """A model in the envelope, as it is sent."""
    return Envelope(data=data).model_dump_json().encode()


def board(snapshot: Snapshot) -> Board:
    """The report with what is known of its own health."""
    return Board.model_construct(
        **dict(snapshot.report),
        version=snapshot.version,
        fault=snapshot.fault,
        config_faults=snapshot.config_faults,
    )


def _has(request: Request, tag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    known = {each.strip().removeprefix("W/") for each in given.split(",")}
    return "*" in known or tag.removeprefix("W/") in known
