"""``/metrics``: Prometheus text format 0.0.4. Labels are bounded: a recording is never a label."""

from collections.abc import Callable, Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.envelope import body_format
from dataflow_health.api.request_metrics import gauge
from dataflow_health.health.observation import Counts
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import ORDER
from dataflow_health.monitoring.monitor import Snapshot

router = APIRouter(tags=["service"])


@router.get("/metrics", response_class=Response, responses=body_format(CONTENT_TYPE_PLAIN_0_0_4))
def metrics(request: Request, _caller: ReadAccess) -> Response:
    """Status, counts and checks of every process, and the requests served."""
    registry: CollectorRegistry = request.app.state.metrics_registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class ReportCollector(Collector):
    """Metrics of the newest health report, built at each scrape."""

    def __init__(self, snapshot: Callable[[], Snapshot]) -> None:
        """Takes the function that returns the newest snapshot."""
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        """All metrics of the newest report."""
        snapshot = self._snapshot()
        yield from report_metrics(snapshot.report)
        readable = gauge("ledger_answers", "1 while the ledger can be read.")
        readable.add_metric((), float(not snapshot.ledger_error))
        yield readable
        age = gauge("report_age_seconds", "Age of the report.")
        age.add_metric((), snapshot.age_s)
        yield age


def report_metrics(report: HealthReport) -> Iterator[Metric]:
    """Metrics of every process of a report."""
    statuses = gauge("process_status", "1 for the current status.", "process", "status")
    checks = gauge("checks", "Number of checks by status.", "process", "status")
    recordings = gauge("recordings", "Recordings or archives by state.", "stage", "state")
    blocked = gauge("blocked_recordings", "Recordings blocked by a failed process.", "process")
    since = gauge("process_since_seconds", "Unix time of the last status change.", "process")
    for process in report.processes:
        for status in ORDER:
            statuses.add_metric((process.name, status.value), float(process.status is status))
            count = sum(check.status is status for check in process.checks)
            if count:
                checks.add_metric((process.name, status.value), count)
        for state in Counts.model_fields if process.counts else ():
            recordings.add_metric((process.name, state), getattr(process.counts, state))
        if process.blocked_by:
            blocked.add_metric((process.name,), process.blocked_recordings)
        if process.since is not None:
            since.add_metric((process.name,), process.since.timestamp())
    yield from (statuses, checks, recordings, blocked, since)
