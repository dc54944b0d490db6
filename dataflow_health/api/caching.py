"""Cached responses: one evaluation and one rendering for any number of clients.

The entity tag is the hash of the report without timestamps, so clients that poll get 304 for as
long as the state stays the same.
"""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from threading import Lock

from fastapi import Request, Response
from pydantic import BaseModel

from dataflow_health.api.envelope import Envelope
from dataflow_health.monitoring.monitor import Monitor, Snapshot
from dataflow_health.schemas import HealthStatus

JSON = "application/json"
MAX_BODIES = 200
"""Bodies cached at once, one per path and query; the least recently used are dropped first."""
MAX_STALE_S = 5.0
"""Age up to which a body may be served while its replacement is being built."""


class _CachedBody:
    """Response body of one path and query, with the snapshot it was built from."""

    def __init__(self, _key: str) -> None:
        self.building = Lock()
        self.snapshot: Snapshot | None = None
        self.body = b""

    def is_usable(self, newest: Snapshot) -> bool:
        """Whether the body differs from one of the newest snapshot in its timestamps only."""
        last = self.snapshot
        return last is not None and last.version == newest.version and last.age_s < MAX_STALE_S


class ResponseCache:
    """Response bodies by path and query; each is built once per snapshot, by one thread.

    While a body is being rebuilt from an unchanged state, other threads get the previous one,
    whose timestamps are a few seconds older.
    """

    def __init__(self) -> None:
        """Creates an empty cache."""
        self._bodies = lru_cache(MAX_BODIES)(_CachedBody)
        self._lock = Lock()

    def __len__(self) -> int:
        """Number of cached bodies."""
        return self._bodies.cache_info().currsize

    def body(self, snapshot: Snapshot, key: str, build: Callable[[], bytes]) -> bytes:
        """Response body for a key.

        Args:
            snapshot: Newest snapshot.
            key: Path and query.
            build: Builds the body from ``snapshot``.
        """
        with self._lock:
            cached = self._bodies(key)
        if cached.snapshot is snapshot:
            return cached.body
        if not cached.building.acquire(blocking=not cached.is_usable(snapshot)):
            return cached.body
        try:
            if cached.snapshot is not snapshot:
                cached.body = build()
                cached.snapshot = snapshot
        finally:
            cached.building.release()
        return cached.body


def cached_response(
    request: Request,
    build: Callable[[Snapshot], bytes],
    media_type: str = JSON,
    headers: dict[str, str] | None = None,
) -> Response:
    """Response built from the newest snapshot, or 304 when the client already has it.

    Args:
        request: Its path and query are the cache key.
        build: Builds the body.
        media_type: Media type of the body.
        headers: Additional response headers.
    """
    monitor: Monitor = request.app.state.monitor
    cache: ResponseCache = request.app.state.response_cache
    snapshot = monitor.snapshot()
    key = f"{request.scope['path'].rpartition('/v1')[2]}?{request.url.query}"
    tag = f'W/"{snapshot.version}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"'
    sent = {"ETag": tag, "Cache-Control": "no-cache", **(headers or {})}
    if _matches(request, tag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=sent)
    body = cache.body(snapshot, key, lambda: build(snapshot))
    return Response(body, media_type=media_type, headers=sent)


def envelope_json(data: BaseModel) -> bytes:
    """Successful JSON response with a model as its data."""
    return Envelope(data=data).model_dump_json().encode()


def health_status(snapshot: Snapshot) -> HealthStatus:
    """Report of a snapshot, with the errors that limit how far it can be trusted."""
    return HealthStatus.model_construct(
        **dict(snapshot.report),
        version=snapshot.version,
        ledger_error=snapshot.ledger_error,
        config_errors=snapshot.config_errors,
    )


def _matches(request: Request, tag: str) -> bool:
    """Whether ``If-None-Match`` names the tag (RFC 9110, 13.1.2: weak comparison)."""
    given = request.headers.get("if-none-match", "")
    tags = {each.strip().removeprefix("W/") for each in given.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags
