"""Does a service answer over HTTP as it should?"""

from collections.abc import Mapping
from typing import Any

import httpx

from dataflow_health.health.live_check import HttpAnswers
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import Answer, Around, held
from dataflow_health.monitoring.probes.target import place

_MISSING = object()


def ask(check: HttpAnswers, around: Around) -> Answer:
    """Compares status, then the JSON body's values."""
    url = place(check.url, check.url_from, around.environment)
    try:
        reply = httpx.get(url, timeout=around.within_s)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer("failed", redact.message(error, around.environment))
    if reply.status_code != check.status or not check.json_body:
        return held(
            reply.status_code == check.status, f"status ({reply.status_code}) == {check.status}"
        )
    try:
        body = reply.json()
    except ValueError:
        return Answer("failed", "the answer is no JSON")
    return _compared(body, check.json_body)


def _compared(body: object, wanted: Mapping[str, Any]) -> Answer:
    found = {path: _at(body, path) for path in wanted}
    wrong = [path for path, value in found.items() if value != wanted[path]]
    shown = [f"{path} ({_shown(found[path])}) == {wanted[path]!r}" for path in wrong or wanted]
    return held(not wrong, ", ".join(shown))


def _at(body: object, path: str) -> object:
    """The value at a dotted path; numbers index lists."""
    for step in path.split("."):
        if isinstance(body, Mapping) and step in body:
            body = body[step]
        elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            return _MISSING
    return body


def _shown(value: object) -> str:
    return "missing" if value is _MISSING else repr(value)[:80]
