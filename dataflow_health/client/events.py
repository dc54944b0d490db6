"""The event stream of the API."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from dataflow_health.client.connection import (
    TIMEOUT_S,
    Connection,
    connection_error,
    response_error,
)

MAX_SILENCE_S = 45.0
"""An event stream silent for longer is broken: the API sends a comment every 15 s."""


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """One event of the stream.

    Attributes:
        id: Id to resume after.
        kind: ``status`` or ``status_change``; ``signals`` for live signals.
        data: Data of the event, as in ``docs/api.md``.
    """

    id: int
    kind: str
    data: Mapping[str, Any]


class Events(Connection):
    """Requests for the event stream."""

    def events(self, last_id: int | None = None) -> Iterator[StreamEvent]:
        """Events as they happen, until the stream ends.

        Args:
            last_id: Id of the last event received; the stream resumes after it.

        Raises:
            ApiError: The API does not respond, or refuses the request.
        """
        headers = {} if last_id is None else {"Last-Event-ID": str(last_id)}
        return self._events("/events", headers=headers)

    def signal_events(self, *signals: str) -> Iterator[StreamEvent]:
        """New points of live signals as they come, until the stream ends; they have no ids.

        Args:
            signals: Names; none for the newest point of every signal.

        Raises:
            ApiError: The API does not respond, or refuses the request.
        """
        return self._events("/telemetry/stream", params={"signal": signals})

    def _events(self, path: str, **content: Any) -> Iterator[StreamEvent]:  # noqa: ANN401
        timeout = httpx.Timeout(TIMEOUT_S, read=MAX_SILENCE_S)
        try:
            with self._http.stream("GET", path, timeout=timeout, **content) as stream:
                if stream.status_code != httpx.codes.OK:
                    stream.read()
                    raise response_error(stream)
                yield from _parse_events(stream.iter_lines())
        except httpx.HTTPError as error:
            raise connection_error(error) from None


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
