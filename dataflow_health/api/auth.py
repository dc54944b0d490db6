"""Access control: API keys and tokens of users, both optional, and a rate limit per client."""

import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Annotated

from fastapi import Depends, Header, Request

from dataflow_health.api import aircraft_access
from dataflow_health.api.caller import ANONYMOUS, Caller, Scope
from dataflow_health.api.envelope import RequestRejected
from dataflow_health.settings import ApiKey
from dataflow_health.storage.records.audit_log import Operator

TOKEN_DOTS = 2
"""Dots in a token: they part its header, its claims and its signature."""

MAX_CLIENTS = 10_000
"""Clients tracked at once; the least recently seen ones are dropped first."""


class RateLimiter:
    """Token bucket per client: refilled evenly, and as deep as one minute's allowance."""

    def __init__(self, per_minute: int, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Creates empty buckets.

        Args:
            per_minute: Requests per minute and client; 0 for no limit.
            clock_s: Monotonic clock, in seconds.
        """
        self._per_minute = per_minute
        self._clock_s = clock_s
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def acquire(self, client: str) -> float:
        """Takes one token; returns the seconds to wait when there is none, else 0."""
        if not self._per_minute:
            return 0.0
        per_s, now_s = self._per_minute / 60, self._clock_s()
        with self._lock:
            tokens, at_s = self._tokens.pop(client, (float(self._per_minute), now_s))
            tokens = min(self._per_minute, tokens + (now_s - at_s) * per_s)
            is_granted = tokens >= 1
            self._tokens[client] = (tokens - 1 if is_granted else tokens, now_s)
            while len(self._tokens) > MAX_CLIENTS:
                self._tokens.popitem(last=False)
        return 0.0 if is_granted else (1 - tokens) / per_s


class Authenticator:
    """Decides whether a request is served.

    Without keys and tokens, reading is open to all and operating is impossible.
    """

    def __init__(
        self,
        keys: Sequence[ApiKey],
        limiter: RateLimiter,
        verify_token: Callable[[str], Caller] | None = None,
    ) -> None:
        """Takes the accepted keys, as digests, the rate limiter, and what reads users' tokens."""
        self._keys = tuple(keys)
        self._limiter = limiter
        self._verify_token = verify_token

    def authenticate(self, given: str, address: str, scope: Scope) -> Caller:
        """Who the caller is.

        The rate limit counts per key or user; per address for requests without a valid one.

        Args:
            given: Key or token sent with the request; empty when none was.
            address: Network address of the client.
            scope: Scope that the route requires.

        Raises:
            RequestRejected: The key or token is missing, invalid or lacks the scope, or the caller
                exceeds the rate limit.
        """
        found = self._identify(given)
        if isinstance(found, Caller) and found != ANONYMOUS:
            self._check_rate(f"{found.by} {found.name}")
        else:
            self._check_rate(address)
        if isinstance(found, RequestRejected):
            raise found
        if not found.may(scope):
            raise _missing_key() if found == ANONYMOUS else _insufficient(found, scope)
        return found

    def _identify(self, given: str) -> Caller | RequestRejected:
        """The caller, or why there is none."""
        if key := self._find(given):
            return Caller(key.name, key.scope)
        if self._verify_token and given.count(".") == TOKEN_DOTS:
            try:
                return self._verify_token(given)
            except RequestRejected as rejected:
                return rejected
        return _missing_key() if given or self._keys or self._verify_token else ANONYMOUS

    def _find(self, given: str) -> ApiKey | None:
        """Compares with every key in constant time, so that timing reveals none of them."""
        digest = hashlib.sha256(given.encode()).hexdigest()
        found = [key for key in self._keys if hmac.compare_digest(key.sha256, digest)]
        return found[0] if found else None

    def _check_rate(self, client: str) -> None:
        wait_s = self._limiter.acquire(client)
        if wait_s:
            seconds = int(wait_s) + 1
            message = f"too many requests; try again in {seconds} s"
            headers = {"Retry-After": str(seconds)}
            raise RequestRejected(
                HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", message, headers
            )


def _missing_key() -> RequestRejected:
    message = "give a key of this API as X-API-Key, or as Authorization: Bearer"
    headers = {"WWW-Authenticate": "Bearer"}
    return RequestRejected(HTTPStatus.UNAUTHORIZED, "invalid_key", message, headers)


def _insufficient(caller: Caller, scope: Scope) -> RequestRejected:
    limit = f"may {caller.scope} only; this needs scope {scope}"
    message = f"the {caller.by} of {caller.name} {limit}"
    return RequestRejected(HTTPStatus.FORBIDDEN, "insufficient_scope", message)


BearerHeader = Annotated[str, Header(alias="Authorization", include_in_schema=False)]
ApiKeyHeader = Annotated[str, Header(alias="X-API-Key", include_in_schema=False)]


def _require(scope: Scope) -> Callable[[Request, BearerHeader, ApiKeyHeader], Caller]:
    def caller(
        request: Request, authorization: BearerHeader = "", x_api_key: ApiKeyHeader = ""
    ) -> Caller:
        authenticator: Authenticator = request.app.state.authenticator
        # A client with an empty key sends no more than the word: it has none.
        given = x_api_key or f"{authorization} ".removeprefix("Bearer ").strip()
        found = authenticator.authenticate(given, _address(request), scope)
        aircraft_access.check(request, found)
        return found

    return caller


def _operator(
    request: Request, caller: Annotated[Caller, Depends(_require("operate"))]
) -> Operator:
    origin = "api" if caller.by == "key" else f"api by {caller.by}"
    return Operator(caller.name, f"{origin}@{_address(request)}")


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


ReadAccess = Annotated[Caller, Depends(_require("read"))]
"""Requires permission to read; gives the caller."""

OperateAccess = Annotated[Operator, Depends(_operator)]
"""Requires permission to operate; gives the operator for the audit log."""
