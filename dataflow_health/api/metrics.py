"""``/metrics``: for Prometheus, in its text format 0.0.4. Labels are bounded: never a recording."""

from collections.abc import Iterable, Iterator, Mapping

from fastapi import APIRouter, Request, Response

from dataflow_health.api.auth import ReadAccess
from dataflow_health.api.dependencies import get_monitor
from dataflow_health.api.envelope import body_format
from dataflow_health.api.request_metrics import BUCKETS_S, RequestMetrics
from dataflow_health.health.observation import Counts
from dataflow_health.health.report import HealthReport
from dataflow_health.health.status import ORDER
from dataflow_health.monitoring.monitor import Snapshot

router = APIRouter(tags=["service"])

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[Mapping[str, str], float]


@router.get("/metrics", response_class=Response, responses=body_format(MEDIA_TYPE))
def metrics(request: Request, _who: ReadAccess) -> Response:
    """Status, counts and checks of every process, and what this service served."""
    traffic: RequestMetrics = request.app.state.traffic
    text = "".join([*told(get_monitor(request).snapshot()), *served(traffic)])
    return Response(text, media_type=MEDIA_TYPE)


def told(snapshot: Snapshot) -> Iterator[str]:
    """Metrics of a report."""
    report = snapshot.report
    yield _metric("process_status", "gauge", "1 for the status it has.", _statuses(report))
    yield _metric("checks", "gauge", "Checks of each status.", _checks(report))
    yield _metric("recordings", "gauge", "Things in each state, by stage.", _counts(report))
    yield _metric("blocked_recordings", "gauge", "Held up by somebody's fault.", _blocked(report))
    since = [
        ({"process": p.name}, p.since.timestamp()) for p in report.processes if p.since is not None
    ]
    yield _metric("process_since_seconds", "gauge", "Unix time of the last change.", since)
    up: list[Sample] = [({}, 0.0 if snapshot.fault else 1.0)]
    yield _metric("ledger_answers", "gauge", "1 while the ledger can be read.", up)
    yield _metric("report_age_seconds", "gauge", "Age of what is shown.", [({}, snapshot.age_s)])


def served(traffic: RequestMetrics) -> Iterator[str]:
    """Metrics of this service."""
    with traffic.lock:
        requests, seconds = dict(traffic.requests), dict(traffic.seconds)
        within = dict(traffic.within)
    by_status = [({"route": r, "status": str(s)}, float(n)) for (r, s), n in requests.items()]
    yield _metric("http_requests_total", "counter", "Requests served.", sorted_(by_status))
    name = "http_request_seconds"
    yield f"# HELP dataflow_health_{name} Time to serve.\n"
    yield f"# TYPE dataflow_health_{name} histogram\n"
    for route in sorted(seconds):
        count = sum(n for (r, _), n in requests.items() if r == route)
        for bucket in BUCKETS_S:
            below = float(within.get((route, bucket), 0))
            yield _line(f"{name}_bucket", {"route": route, "le": str(bucket)}, below)
        yield _line(f"{name}_bucket", {"route": route, "le": "+Inf"}, float(count))
        yield _line(f"{name}_sum", {"route": route}, seconds[route])
        yield _line(f"{name}_count", {"route": route}, float(count))


def sorted_(samples: Iterable[Sample]) -> list[Sample]:
    """Samples in the order of their labels, so that two scrapes compare."""
    return sorted(samples, key=lambda sample: tuple(sample[0].values()))


def _statuses(report: HealthReport) -> Iterator[Sample]:
    for process in report.processes:
        for status in ORDER:
            labels = {"process": process.name, "status": status.value}
            yield labels, float(process.status is status)


def _checks(report: HealthReport) -> Iterator[Sample]:
    for process in report.processes:
        for status in ORDER:
            count = sum(check.status is status for check in process.checks)
            if count:
                yield {"process": process.name, "status": status.value}, float(count)


def _counts(report: HealthReport) -> Iterator[Sample]:
    for process in report.processes:
        for state in Counts.model_fields if process.counts else ():
            yield {"stage": process.name, "state": state}, float(getattr(process.counts, state))


def _blocked(report: HealthReport) -> Iterator[Sample]:
    for process in report.processes:
        if process.blocked_by:
            yield {"process": process.name}, float(process.blocked_recordings)


def _metric(name: str, kind: str, about: str, samples: Iterable[Sample]) -> str:
    lines = [
        f"# HELP dataflow_health_{name} {about}\n",
        f"# TYPE dataflow_health_{name} {kind}\n",
        *(_line(name, labels, value) for labels, value in samples),
    ]
    return "".join(lines)


def _line(name: str, labels: Mapping[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
    shown = int(value) if value == int(value) else value
    return (
        f"dataflow_health_{name}{{{inside}}} {shown}\n"
        if inside
        else (f"dataflow_health_{name} {shown}\n")
    )


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
