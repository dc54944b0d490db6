"""The API from Python, typed: what the command line uses when it is given a URL.

``with Client("http://localhost:8000") as api: api.status().status``
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from dataflow_health.errors import ApiError, NotFound
from dataflow_health.health.report import ProcessHealth
from dataflow_health.schemas import (
    AlgorithmRunPage,
    Explanation,
    FleetHealth,
    HealthStatus,
    LedgerBalance,
    PipelineExplanation,
    RecordingHistory,
    StatusDiff,
)

M = TypeVar("M", bound=BaseModel)
Params = Mapping[str, str | int | bool | None]

TIMEOUT_S = 10.0
QUIET_S = 30.0
"""A stream that says nothing for this long is broken; the API speaks every 10 s."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of the stream.

    Attributes:
        id: To resume after.
        kind: ``status`` or ``status_change``.
        data: As the API sent it.
    """

    id: int
    kind: str
    data: Mapping[str, Any]


class Client:
    """A connection to one API."""

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Opens nothing yet.

        Args:
            url: Where the API is, such as ``http://localhost:8000``.
            key: One of its keys, if it has any.
            timeout_s: For each answer.
            transport: Instead of the network, for tests.

        Raises:
            ApiError: ``url`` is none.
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
            raise ApiError(f"{url} is no URL, such as http://localhost:8000: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._http.close()

    def status(self, at: datetime | None = None) -> HealthStatus:
        """How everything is, or was at an instant."""
        return self._ask(HealthStatus, "/status", {"at": _instant(at)})

    def process(self, name: str) -> ProcessHealth:
        """How one process is.

        Raises:
            NotFound: There is none of that name.
        """
        return self._ask(ProcessHealth, f"/status/{quote(name, safe='')}")

    def why_all(self) -> PipelineExplanation:
        """Every cause with its evidence."""
        return self._ask(PipelineExplanation, "/explain")

    def why(self, name: str) -> Explanation:
        """Why one process is as it is.

        Raises:
            NotFound: There is none of that name.
        """
        return self._ask(Explanation, f"/explain/{quote(name, safe='')}")

    def changes(self, before: datetime, after: datetime) -> StatusDiff:
        """What differs between two instants."""
        asked = {"before": _instant(before), "after": _instant(after)}
        return self._ask(StatusDiff, "/changes", asked)

    def diagram(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """The report as Mermaid text."""
        return self._get("/diagram", {"at": _instant(at), "expand": expand}).text

    def svg(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """The report as SVG."""
        return self._get("/diagram/svg", {"at": _instant(at), "expand": expand}).text

    def fleet(self, days: int) -> FleetHealth:
        """Aircraft by stage, worst first."""
        return self._ask(FleetHealth, "/fleet", {"days": days})

    def recordings(self, **wanted: str | int | bool) -> AlgorithmRunPage:
        """One page of the drill-down table; keywords as the API's query."""
        return self._ask(AlgorithmRunPage, "/recordings", wanted)

    def recording(self, beginning: str) -> RecordingHistory:
        """One recording's way.

        Raises:
            NotFound: No recording's id begins so, or several do.
        """
        return self._ask(RecordingHistory, f"/recordings/{quote(beginning, safe='')}")

    def ledger(self, day: str = "") -> LedgerBalance:
        """The accounts of all stages."""
        return self._ask(LedgerBalance, "/ledger", {"day": day})

    def events(self, last_id: int | None = None) -> Iterator[StreamEvent]:
        """Events as they happen, until the stream ends; resume by the last one's id."""
        headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
        timeout = httpx.Timeout(TIMEOUT_S, read=QUIET_S)
        try:
            with self._http.stream("GET", "/events", headers=headers, timeout=timeout) as stream:
                if stream.status_code != httpx.codes.OK:
                    stream.read()
                    raise _fault(stream)
                yield from _events(stream.iter_lines())
        except httpx.HTTPError as error:
            raise _away(error) from None

    def _ask(self, model: type[M], path: str, params: Params | None = None) -> M:
        return model.model_validate(self._get(path, params).json()["data"])

    def _get(self, path: str, params: Params | None = None) -> httpx.Response:
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            answer = self._http.get(path, params=given)
        except httpx.HTTPError as error:
            raise _away(error) from None
        if answer.status_code != httpx.codes.OK:
            raise _fault(answer)
        return answer


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _fault(answer: httpx.Response) -> ApiError | NotFound:
    """What the API said, or that it is none of ours."""
    try:
        error = answer.json()["error"]
        message = f"{error['message']} (request {error['request_id']})"
    except (ValueError, KeyError, TypeError):
        return ApiError(f"{answer.url}: HTTP {answer.status_code}, and no answer of this API")
    if error["code"] == "not_found":
        return NotFound(error["message"])
    return ApiError(message)


def _away(error: httpx.HTTPError) -> ApiError:
    where = error.request.url.copy_with(userinfo=b"", query=None)
    return ApiError(f"{where} does not answer: {error}")


def _events(lines: Iterator[str]) -> Iterator[StreamEvent]:
    """Events of a stream (WHATWG HTML, "Server-sent events"), one a blank line."""
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif "data" in fields:
            kind = fields.get("event", "message")
            yield StreamEvent(int(fields.get("id", 0)), kind, json.loads(fields["data"]))
            fields = {}
