"""Typed Python client of the API; the command line uses it with ``--url``.

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

from dataflow_health.errors import ApiError, DataflowHealthError, NotFound
from dataflow_health.health.report import ProcessHealth
from dataflow_health.schemas import (
    AircraftCoverage,
    AircraftReadiness,
    AlgorithmRunPage,
    Explanation,
    FleetHealth,
    HealthStatus,
    LedgerBalance,
    OwedWork,
    PipelineExplanation,
    RecordingHistory,
    StatusDiff,
)

__all__ = ["ApiError", "Client", "DataflowHealthError", "NotFound", "ProcessHealth", "StreamEvent"]

M = TypeVar("M", bound=BaseModel)
Query = Mapping[str, str | int | bool | None]

TIMEOUT_S = 10.0
MAX_SILENCE_S = 45.0
"""An event stream silent for longer is broken: the API sends a comment every 15 s."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of the stream.

    Attributes:
        id: Id to resume after.
        kind: ``status`` or ``status_change``.
        data: Data of the event, as in ``docs/api.md``.
    """

    id: int
    kind: str
    data: Mapping[str, Any]


class Client:
    """Client of one API."""

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepares the client; the first request opens the connection.

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

    def status(self, at: datetime | None = None) -> HealthStatus:
        """Status of every process, now or at a time in the past."""
        return self._get_model(HealthStatus, "/status", {"at": _iso(at)})

    def process(self, name: str) -> ProcessHealth:
        """Status of one process.

        Raises:
            NotFound: No process has this name.
        """
        return self._get_model(ProcessHealth, f"/status/{quote(name, safe='')}")

    def explain_pipeline(self) -> PipelineExplanation:
        """Failed processes with their evidence."""
        return self._get_model(PipelineExplanation, "/explain")

    def explain_process(self, name: str) -> Explanation:
        """Reason for the status of one process.

        Raises:
            NotFound: No process has this name.
        """
        return self._get_model(Explanation, f"/explain/{quote(name, safe='')}")

    def status_diff(self, before: datetime, after: datetime) -> StatusDiff:
        """Processes whose status differs between two times."""
        query = {"before": _iso(before), "after": _iso(after)}
        return self._get_model(StatusDiff, "/changes", query)

    def diagram(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as Mermaid text."""
        return self._get("/diagram", {"at": _iso(at), "expand": expand}).text

    def diagram_svg(self, at: datetime | None = None, *, expand: bool = False) -> str:
        """Diagram as SVG."""
        return self._get("/diagram/svg", {"at": _iso(at), "expand": expand}).text

    def fleet_health(self, days: int) -> FleetHealth:
        """Health of every aircraft at every stage, worst first."""
        return self._get_model(FleetHealth, "/fleet", {"days": days})

    def aircraft_readiness(self, tail: str) -> AircraftReadiness:
        """Whether an aircraft is ready, with the reason.

        Raises:
            NotFound: No archive or recording is of this aircraft.
        """
        return self._get_model(AircraftReadiness, f"/fleet/{quote(tail, safe='')}/ready")

    def aircraft_coverage(self, tail: str, days: int) -> AircraftCoverage:
        """Algorithms that apply to an aircraft, and the parameters that each of the others lacks.

        Args:
            tail: Tail number.
            days: Number of arrival days, today included.

        Raises:
            NotFound: The aircraft has no results.
            ApiUnreachable: The API did not answer.
        """
        path = f"/fleet/{quote(tail, safe='')}/coverage"
        return self._get_model(AircraftCoverage, path, {"days": days})

    def algorithm_runs(self, **query: str | int | bool) -> AlgorithmRunPage:
        """One page of algorithm runs; keywords are the query parameters of ``/recordings``."""
        return self._get_model(AlgorithmRunPage, "/recordings", query)

    def recording_history(self, id_prefix: str) -> RecordingHistory:
        """History of one recording.

        Raises:
            NotFound: No recording id begins with the prefix, or several do.
        """
        return self._get_model(RecordingHistory, f"/recordings/{quote(id_prefix, safe='')}")

    def ledger_balance(self, day: str = "") -> LedgerBalance:
        """Input and output counts of all stages, for one day or for all days."""
        return self._get_model(LedgerBalance, "/ledger", {"day": day})

    def owed_work(self) -> OwedWork:
        """Analysed recordings without an answer of a declared algorithm, by algorithm and day."""
        return self._get_model(OwedWork, "/owed", {})

    def events(self, last_id: int | None = None) -> Iterator[StreamEvent]:
        """Events as they happen, until the stream ends.

        Args:
            last_id: Id of the last event received; the stream resumes after it.

        Raises:
            ApiError: The API does not respond, or refuses the request.
        """
        headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
        timeout = httpx.Timeout(TIMEOUT_S, read=MAX_SILENCE_S)
        try:
            with self._http.stream("GET", "/events", headers=headers, timeout=timeout) as stream:
                if stream.status_code != httpx.codes.OK:
                    stream.read()
                    raise _response_error(stream)
                yield from _parse_events(stream.iter_lines())
        except httpx.HTTPError as error:
            raise _connection_error(error) from None

    def _get_model(self, model: type[M], path: str, query: Query | None = None) -> M:
        return model.model_validate(self._get(path, query).json()["data"])

    def _get(self, path: str, query: Query | None = None) -> httpx.Response:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            response = self._http.get(path, params=given)
        except httpx.HTTPError as error:
            raise _connection_error(error) from None
        if response.status_code != httpx.codes.OK:
            raise _response_error(response)
        return response


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _response_error(response: httpx.Response) -> ApiError | NotFound:
    """Error in the API's own words; a generic one for a response that is not from this API."""
    try:
        error = response.json()["error"]
        message = f"{error['message']} (request {error['request_id']})"
    except (ValueError, KeyError, TypeError):
        return ApiError(f"{response.url}: HTTP {response.status_code}, not a response of this API")
    if error["code"] == "not_found":
        return NotFound(error["message"])
    return ApiError(message)


def _connection_error(error: httpx.HTTPError) -> ApiError:
    url = error.request.url.copy_with(userinfo=b"", query=None)
    return ApiError(f"{url} does not respond: {error}")


def _parse_events(lines: Iterator[str]) -> Iterator[StreamEvent]:
    """Events of a stream (WHATWG HTML, "Server-sent events"); a blank line ends each event."""
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
