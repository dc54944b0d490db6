"""Who may ask: optional keys with a scope, and a limit of requests a minute."""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Annotated, Literal

from fastapi import Depends, Header, Request

from dataflow_health.api.envelope import RequestRejected
from dataflow_health.settings import ApiKey

Scope = Literal["read", "operate"]

MAX_CLIENTS = 10_000
"""Clients whose requests are counted at once; the ones longest silent are forgotten."""


class RateLimiter:
    """A bucket of tokens a client, filled evenly, a minute's worth deep."""

    def __init__(self, per_minute: int, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Limits to so many a minute; 0 is no limit."""
        self._per_minute = per_minute
        self._clock_s = clock_s
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def wait_s(self, client: str) -> float:
        """Takes one request; how long to wait if there is none left, else 0."""
        if not self._per_minute:
            return 0.0
        per_s, now = self._per_minute / 60, self._clock_s()
        with self._lock:
            left, at = self._left.pop(client, (float(self._per_minute), now))
            left = min(self._per_minute, left + (now - at) * per_s)
            taken = left >= 1
            self._left[client] = (left - 1 if taken else left, now)
            while len(self._left) > MAX_CLIENTS:
                self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) / per_s


class Authenticator:
    """Lets requests in.

    Args:
        keys: Who may do what; without any, all may read and nobody may operate.
        limit: Of requests.
    """

    def __init__(self, keys: Sequence[ApiKey], limit: RateLimiter) -> None:
        """Keeps digests only."""
        self._keys = tuple(keys)
        self._limit = limit

    def admit(self, given: str, client: str, scope: Scope) -> str:
        """The name of who asks.

        Raises:
            Refusal: The key is missing, unknown or of the wrong scope, or asks too often.
        """
        key = self._known(given)
        self._hold(key.name if key else client)
        if key is None and (given or self._keys or scope == "operate"):
            message = "give a key of this API as X-API-Key, or as Authorization: Bearer"
            headers = {"WWW-Authenticate": "Bearer"}
            raise RequestRejected(HTTPStatus.UNAUTHORIZED, "invalid_key", message, headers)
        if key is not None and scope == "operate" and key.scope != "operate":
            message = f"the key {key.name} may read only; this needs one of scope operate"
            raise RequestRejected(HTTPStatus.FORBIDDEN, "insufficient_scope", message)
        return key.name if key else "anonymous"

    def _known(self, given: str) -> ApiKey | None:
        """Compares with every key in constant time, so that time tells nothing of any."""
        digest = hashlib.sha256(given.encode()).hexdigest()
        found = [key for key in self._keys if hmac.compare_digest(key.sha256, digest)]
        return found[0] if found else None

    def _hold(self, client: str) -> None:
        wait_s = self._limit.wait_s(client)
        if wait_s:
            seconds = int(wait_s) + 1
            message = f"too many requests; ask again in {seconds} s"
            headers = {"Retry-After": str(seconds)}
            raise RequestRejected(
                HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", message, headers
            )


Bearer = Annotated[str, Header(alias="Authorization", include_in_schema=False)]
ApiKeyHeader = Annotated[str, Header(alias="X-API-Key", include_in_schema=False)]


def _admitted(scope: Scope) -> Callable[[Request, Bearer, ApiKeyHeader], str]:
    def admitted(request: Request, authorization: Bearer = "", x_api_key: ApiKeyHeader = "") -> str:
        access: Authenticator = request.app.state.access
        given = x_api_key or authorization.removeprefix("Bearer ").strip()
        client = request.client.host if request.client else "unknown"
        return access.admit(given, client, scope)

    return admitted


ReadAccess = Annotated[str, Depends(_admitted("read"))]
"""Lets those read who may, and gives their name."""

Operator = Annotated[str, Depends(_admitted("operate"))]
"""Lets those act who may, and gives their name."""
