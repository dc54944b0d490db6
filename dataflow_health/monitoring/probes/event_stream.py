"""Kind ``event_stream``: the API's event stream starts with a recent status event.

The stream is read as a browser reads it: over HTTP, at the API's public address.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus

import httpx

from dataflow_health.health.self_check import EventStream
from dataflow_health.monitoring.probes import installation, redact
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    passed_if_recent,
)
from dataflow_health.settings import Settings

PATH = "/api/v1/events"
SPARE = 2
"""Share of the time limit that a request may take: the scheduler ends it earlier, and
allows for its own lateness on a busy machine."""


def probe(check: EventStream, context: ProbeContext) -> ProbeResult:
    """Compares the age of the status in the first event.

    Raises:
        NotConfigured: No API is set, or the API needs a key and none is set.
    """
    chosen = installation.load_settings(context)
    if not chosen.api_url:
        raise NotConfigured("no API is monitored: DATAFLOW_HEALTH_API_URL is not set")
    try:
        status_at = _read_status_at(chosen, SPARE * context.within_s)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = redact.message(error, context.environment)
        return ProbeResult("failed", f"{chosen.api_url}: {message}")
    except (ValueError, KeyError, StopIteration):
        return ProbeResult("failed", f"{chosen.api_url}{PATH} does not start with a status event")
    age = max(timedelta(0), context.now - status_at)
    return passed_if_recent("the status in the event stream", age, check.at_most)


def _read_status_at(chosen: Settings, within_s: float) -> datetime:
    key = chosen.api_key.get_secret_value()
    url = chosen.api_url.rstrip("/") + PATH
    headers = {"X-API-Key": key} if key else {}
    with httpx.stream("GET", url, headers=headers, timeout=within_s) as reply:
        if reply.status_code == HTTPStatus.UNAUTHORIZED and not key:
            raise NotConfigured("the API needs a key: DATAFLOW_HEALTH_API_KEY is not set")
        reply.raise_for_status()
        return _first_event_at(reply.iter_lines())


def _first_event_at(lines: Iterator[str]) -> datetime:
    """Time of the status in the first event."""
    data = next(line for line in lines if line.startswith("data:"))
    return datetime.fromisoformat(json.loads(data.removeprefix("data:"))["at"])
