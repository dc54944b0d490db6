"""Reads JSON from another program: in bounded time and size, from its own address only.

Redirects are not followed: they would carry the password or token elsewhere. TLS certificates are
checked, with those of ``SSL_CERT_FILE`` where an operator has an authority of its own.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import httpx

from dataflow_health.errors import SystemUnavailable
from dataflow_health.monitoring.probes import redact

MOST_BYTES = 8 * 2**20
"""Largest answer; a page of 100 DAGs is 100 kB, 1,000 jobs of Spark are 700 kB."""
MOST_REQUESTS = 300

NO_SECRETS: Mapping[str, str] = MappingProxyType({})


class BoundedHttp:
    """Requests to one program that end together within a time."""

    def __init__(
        self, client: httpx.Client, base: str, within_s: float, secrets: Mapping[str, str]
    ) -> None:
        """Sends nothing yet; :func:`opened` makes one.

        Args:
            client: Connections.
            base: Address of the program.
            within_s: Seconds for all requests together.
            secrets: What must not stand in a message, by any name.
        """
        self._client = client
        self._base = base
        self._until_s = time.monotonic() + within_s
        self._secrets = {f"SECRET_{name}": value for name, value in secrets.items()}
        self._requests = 0

    def authorize(self, token: str) -> None:
        """Sends a token with every further request."""
        self._client.headers["Authorization"] = f"Bearer {token}"
        self._secrets["SECRET_bearer"] = token

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401
        """JSON at a path; None when there is nothing (404).

        Raises:
            SystemUnavailable: No answer in time, another status, too large, or no JSON.
        """
        return self._ask("GET", path, params=query)

    def post(self, path: str, body: Mapping[str, str]) -> Any:  # noqa: ANN401
        """JSON answer to a request with a JSON body; None for 404.

        Raises:
            SystemUnavailable: As of :meth:`get`.
        """
        return self._ask("POST", path, json=body)

    def _ask(self, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401
        remaining_s = self._until_s - time.monotonic()
        self._requests += 1
        if remaining_s <= 0 or self._requests > MOST_REQUESTS:
            raise SystemUnavailable(f"{path}: no time is left for it")
        try:
            with self._client.stream(
                method, self._base + path, timeout=remaining_s, **request
            ) as reply:
                content = b"".join(self._chunks(path, reply))
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise SystemUnavailable(f"{path}: {redact.message(error, self._secrets)}") from None
        if reply.status_code == HTTPStatus.NOT_FOUND:
            return None
        _require_success(path, reply)
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise SystemUnavailable(f"{path}: the answer is not JSON") from None

    def _chunks(self, path: str, reply: httpx.Response) -> Iterator[bytes]:
        size = 0
        for chunk in reply.iter_raw():
            size += len(chunk)
            if size > MOST_BYTES:
                raise SystemUnavailable(f"{path}: the answer is longer than {MOST_BYTES} bytes")
            if time.monotonic() > self._until_s:
                raise SystemUnavailable(f"{path}: the answer does not end in time")
            yield chunk


@contextmanager
def opened(
    base: str, within_s: float, secrets: Mapping[str, str] = NO_SECRETS
) -> Iterator[BoundedHttp]:
    """Requests to one program; its connections are closed afterwards.

    Args:
        base: Its address, without a slash at the end.
        within_s: Seconds for all requests together.
        secrets: What must not stand in a message, by any name.
    """
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    with httpx.Client(headers=headers, follow_redirects=False) as client:
        yield BoundedHttp(client, base, within_s, secrets)


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


class SignInRefused(SystemUnavailable):
    """User, password or token are refused, or may not read this."""


def _require_success(path: str, reply: httpx.Response) -> None:
    status = reply.status_code
    if reply.is_success:
        return
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise SignInRefused(f"{path}: refused with status {status}: see user, password and token")
    if reply.has_redirect_location:
        raise SystemUnavailable(
            f"{path}: leads elsewhere (status {status}), which is not followed: correct the address"
        )
    raise SystemUnavailable(f"{path}: status {status}")
