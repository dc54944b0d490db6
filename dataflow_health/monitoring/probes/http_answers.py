"""Does a service answer over HTTP as it should?"""

from collections.abc import Mapping
from typing import Any

import httpx

from dataflow_health.health.live_check import HttpAnswers
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve

_MISSING = object()


def probe(check: HttpAnswers, context: ProbeContext) -> ProbeResult:
    """Compares status, then the JSON body's values."""
    url = resolve(check.url, check.url_from, context.environment)
    try:
        reply = httpx.get(url, timeout=context.within_s)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return ProbeResult("failed", redact.message(error, context.environment))
    if reply.status_code != check.status or not check.json_body:
        return passed_if(
            reply.status_code == check.status, f"status ({reply.status_code}) == {check.status}"
        )
    try:
        body = reply.json()
    except ValueError:
        return ProbeResult("failed", "the answer is no JSON")
    return _compared(body, check.json_body)


def _compared(body: object, wanted: Mapping[str, Any]) -> ProbeResult:
    found = {path: _at(body, path) for path in wanted}
    wrong = [path for path, value in found.items() if value != wanted[path]]
    shown = [f"{path} ({_shown(found[path])}) == {wanted[path]!r}" for path in wrong or wanted]
    return passed_if(not wrong, ", ".join(shown))


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
