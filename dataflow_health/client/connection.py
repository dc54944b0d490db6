"""HTTP connection of the client: requests, and errors in the API's own words."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from dataflow_health.errors import ApiError, ApiUnreachable, NotFound

T = TypeVar("T")
Query = Mapping[str, object]

TIMEOUT_S = 10.0
TEMPORARY = (429, 502, 503, 504)
"""HTTP statuses of a server, or a proxy before it, that may serve the same request later."""


class Connection:
    """Connection to one API; the first request opens it."""

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepares the connection.

        Args:
            url: URL of the API, such as ``http://localhost:8000``.
            key: API key, if the API has any.
            timeout_s: Timeout of each request.
            transport: Replaces the network, for tests.

        Raises:
            ApiError: ``url`` is not a URL.
        """
        headers = {"X-API-Key": key} if key else {}
        try:
            self._http = httpx.Client(
                base_url=f"{url.rstrip('/')}/api/v1",
                headers=headers,
                timeout=timeout_s,
                transport=transport,
            )
        except httpx.InvalidURL as error:
            message = f"{url} is not a URL such as http://localhost:8000: {error}"
            raise ApiError(message) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def _get_model(self, model: type[T], path: str, query: Query | None = None) -> T:
        return _data(model, self._get(path, query))

    def _get(self, path: str, query: Query | None = None) -> httpx.Response:
        return self._request("GET", path, params=_given(query or {}))

    def _stream(self, path: str, query: Query) -> Iterator[bytes]:
        """The body of a response in parts, none of which is kept."""
        try:
            given: Any = _given(query)
            with self._http.stream("GET", path, params=given) as response:
                if response.status_code != httpx.codes.OK:
                    response.read()
                    raise response_error(response)
                yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise connection_error(error) from None

    def _post(self, model: type[T], path: str, body: Mapping[str, object]) -> T:
        return _data(model, self._request("POST", path, json=_given(body)))

    def _put(self, model: type[T], path: str, **content: Any) -> T:  # noqa: ANN401
        return _data(model, self._request("PUT", path, **content))

    def _delete(self, model: type[T], path: str) -> T:
        return _data(model, self._request("DELETE", path))

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401
        try:
            response = self._http.request(method, path, **content)
        except httpx.HTTPError as error:
            raise connection_error(error) from None
        if response.status_code != httpx.codes.OK:
            raise response_error(response)
        return response


def _given(values: Mapping[str, object]) -> dict[str, object]:
    """Values without those that are None, which the API takes from its defaults."""
    return {name: value for name, value in values.items() if value is not None}


def _data(model: type[T], response: httpx.Response) -> T:
    return TypeAdapter(model).validate_python(response.json()["data"])


def segment(name: str) -> str:
    """A name as one segment of a path, its slashes included."""
    return quote(name, safe="")


def iso(at: datetime | None) -> str | None:
    """A time as a query has it."""
    return at.isoformat() if at else None


def response_error(response: httpx.Response) -> ApiError | NotFound:
    """Error in the API's own words; a generic one for a response that is not from this API."""
    try:
        error = response.json()["error"]
        message = f"{error['message']} (request {error['request_id']})"
    except (ValueError, KeyError, TypeError):
        kind = ApiUnreachable if response.status_code in TEMPORARY else ApiError
        return kind(f"{response.url}: HTTP {response.status_code}, not a response of this API")
    if error["code"] == "not_found":
        return NotFound(error["message"])
    return ApiUnreachable(message) if response.status_code in TEMPORARY else ApiError(message)


def connection_error(error: httpx.HTTPError) -> ApiUnreachable:
    """Error of an API that does not respond, without the password and query of its URL."""
    url = error.request.url.copy_with(userinfo=b"", query=None)
    return ApiUnreachable(f"{url} does not respond: {error}")
