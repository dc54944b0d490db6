"""Is the API's event stream alive? Read as a browser reads it: the first event tells its moment."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import httpx
from pydantic import TypeAdapter

from dataflow_health import settings
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    passed_if_recent,
)
from dataflow_health.settings import Settings

PATH = "/api/v1/events"


def answers(arguments: Mapping[str, Any], context: ProbeContext) -> ProbeResult:
    """The stream begins with a board, and that board is young; for a check of ``overview``.

    Raises:
        NotConfigured: No API is set, or it wants a key that is not.
    """
    chosen = settings.load(context.environment)
    if not chosen.api_url:
        raise NotConfigured("no API is watched: DATAFLOW_HEALTH_API_URL is not set")
    most = TypeAdapter(timedelta).validate_python(arguments.get("at_most", "PT30S"))
    try:
        first_at = _first_at(chosen, context.within_s)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return ProbeResult(
            "failed", f"{chosen.api_url}: {redact.message(error, context.environment)}"
        )
    except (ValueError, KeyError, StopIteration):
        return ProbeResult("failed", f"{chosen.api_url}{PATH} begins with no board")
    return passed_if_recent(
        "what the event stream shows", max(timedelta(0), context.now - first_at), most
    )


def _first_at(chosen: Settings, within_s: float) -> datetime:
    key = chosen.api_key.get_secret_value()
    url = chosen.api_url.rstrip("/") + PATH
    headers = {"X-API-Key": key} if key else {}
    with httpx.stream("GET", url, headers=headers, timeout=within_s) as reply:
        if reply.status_code == HTTPStatus.UNAUTHORIZED and not key:
            raise NotConfigured("the API wants a key: DATAFLOW_HEALTH_API_KEY is not set")
        reply.raise_for_status()
        return _board_at(reply.iter_lines())


def _board_at(lines: Iterator[str]) -> datetime:
    """The moment of the stream's first event, which is its board."""
    data = next(line for line in lines if line.startswith("data:"))
    return datetime.fromisoformat(json.loads(data.removeprefix("data:"))["at"])
