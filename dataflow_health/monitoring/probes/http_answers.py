"""Kind ``http_answers``: an HTTP service returns the expected status and JSON values."""

from collections.abc import Mapping
from typing import Any

import httpx

from dataflow_health.health.live_check import HttpAnswers
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve

_MISSING = object()


def probe(check: HttpAnswers, context: ProbeContext) -> ProbeResult:
    """Compares the status code, then the values in the JSON body."""
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
        return ProbeResult("failed", "the response is not JSON")
    return _compare(body, check.json_body)


def _compare(body: object, wanted: Mapping[str, Any]) -> ProbeResult:
    found = {path: _at(body, path) for path in wanted}
    wrong = [path for path, value in found.items() if value != wanted[path]]
    shown = [f"{path} ({_format(found[path])}) == {wanted[path]!r}" for path in wrong or wanted]
    return passed_if(not wrong, ", ".join(shown))


def _at(body: object, path: str) -> object:
    """Value at a dotted path, in which numbers are list indexes; ``_MISSING`` when absent."""
    for step in path.split("."):
        if isinstance(body, Mapping) and step in body:
            body = body[step]
        elif isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        else:
            return _MISSING
    return body


def _format(value: object) -> str:
    return "missing" if value is _MISSING else repr(value)[:80]
