"""Kind ``spark_workers``: the Spark master has enough living workers."""

from typing import Any
from urllib.parse import urlsplit

import httpx

from dataflow_health.health.live_check import SparkWorkers
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.monitoring.probes.target import resolve

WEB_PORT = 8080
"""Spark standalone, ``spark.master.ui.port``; ``/json/`` lists workers and their state."""


def probe(check: SparkWorkers, context: ProbeContext) -> ProbeResult:
    """Counts the workers on the web page of a standalone master. A local master passes."""
    master = resolve(check.master, check.master_from, context.environment)
    if master.startswith("local"):
        return ProbeResult("passed", f"{master} works in this process")
    if not check.url and not master.startswith("spark://"):
        return ProbeResult(
            "unknown", f"{master} has no page of workers; use a check of the kind http_answers"
        )
    url = check.url or f"http://{urlsplit(master).hostname}:{WEB_PORT}"
    try:
        reply = httpx.get(f"{url.rstrip('/')}/json/", timeout=context.within_s)
        state = reply.raise_for_status().json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return ProbeResult("failed", f"Spark master: {redact.message(error, context.environment)}")
    alive = _alive(state)
    return passed_if(alive >= check.at_least, f"living workers ({alive}) >= {check.at_least}")


def _alive(state: Any) -> int:  # noqa: ANN401
    workers = state.get("workers", []) if isinstance(state, dict) else []
    return sum(worker.get("state") == "ALIVE" for worker in workers)
