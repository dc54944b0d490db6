"""Spark: jobs, stages and executors of the newest applications, and a standalone master."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from dataflow_health.errors import SystemUnavailable
from dataflow_health.health.duration import format_duration
from dataflow_health.health.outside_check import SparkJobs
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.monitoring.collectors import address, spark_api, spark_applications
from dataflow_health.monitoring.collectors.bounded_http import BoundedHttp
from dataflow_health.monitoring.collectors.judged import judged, unavailable
from dataflow_health.monitoring.collectors.spark_api import (
    Application,
    ExecutorState,
    FailedStage,
    Job,
    Master,
    some,
)
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, list_some

MOST_READ = 50
"""Most applications whose jobs are read."""
MOST_REASON = 160
_PYTHON_ERROR = re.compile(r"^\w+(?:Error|Exception): .*", re.MULTILINE)
"""Last line of a traceback of Python, which stands deep in the message of Spark."""
DRIVER = "driver"
NORMAL_END = ("killed by driver", "idle", "decommission")
"""Parts of the reasons for which Spark itself gives executors back."""


def assess(check: SparkJobs, context: ProbeContext) -> ProbeResult:
    """Failed with the names of jobs, stages, executors and workers at fault.

    Unknown while no application has ever run.
    """
    problems: list[str] = []
    seen = []
    try:
        if check.master_url:
            with spark_api.opened(check, check.master_url.rstrip("/"), context) as http:
                state = spark_api.master(http)
            problems += _of_master(check, state, context.now)
            seen.append(f"living workers ({_alive(state)}) >= {check.workers_at_least}")
        if not check.reads_master_only:
            base = address.of_web_check(check, context.environment)
            with spark_api.opened(check, base, context) as http:
                newest = spark_applications.newest(spark_api.applications(http), check.applications)
                problems += _of_applications(http, check, newest, context.now)
            if not newest and not problems:
                return ProbeResult("unknown", "no application has run yet")
            seen.append(f"newest runs of {len(newest)} applications have no failed job")
    except SystemUnavailable as error:
        return unavailable("Spark", error, context)
    return judged(problems, "; ".join(seen))


def describe(check: SparkJobs, place: str, context: ProbeContext) -> SystemDescription:
    """Version, workers, executors, applications with their jobs, and folders read and written."""
    return spark_applications.describe(check, place, context)


def _of_applications(
    http: BoundedHttp, check: SparkJobs, newest: Sequence[Application], now: datetime
) -> Iterator[str]:
    known = {each.name for each in newest}
    missing = [name for name in check.applications if name not in known]
    if missing and known:
        yield f"no application ({list_some(missing)})"
    for each in newest[:MOST_READ]:
        yield from _jobs(http, check, each, now)
        if not each.newest.completed:
            yield from _executors(http, check, each, now)
        yield from _too_old(check, each, now)
    if len(newest) > MOST_READ:
        yield f"{len(newest)} applications, of which {MOST_READ} are read: name those that matter"


def _jobs(http: BoundedHttp, check: SparkJobs, app: Application, now: datetime) -> Iterator[str]:
    """Jobs whose newest run of the same name failed lately, with their failed stages."""
    failed = still_failed(some(http, Job, f"{app.path}/jobs"))
    recent = [job for job in failed if now - job.at <= check.during]
    if not recent:
        return
    stages = some(http, FailedStage, f"{app.path}/stages", status="failed")
    for job in recent:
        own = [stage for stage in stages if stage.stage_id in job.stage_ids]
        yield f"{app.name}: job {job.job_id} failed ({job.purpose}){_reason(own)}"


def still_failed(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Failed jobs that no later job of the same name made good, newest first."""
    newest: dict[str, Job] = {}
    for job in sorted(jobs, key=lambda each: each.job_id):
        if job.status in ("SUCCEEDED", "FAILED"):
            newest[job.key] = job
    failed = [job for job in newest.values() if job.status == "FAILED"]
    return tuple(sorted(failed, key=lambda each: -each.job_id))


def _reason(stages: Sequence[FailedStage]) -> str:
    if not stages:
        return ""
    named = list_some([f"{each.stage_id} {each.name}" for each in stages])
    text = stages[0].failure_reason.strip()
    python = _PYTHON_ERROR.findall(text)
    reason = (python[-1] if python else text.partition("\n")[0])[:MOST_REASON]
    return f", stages ({named}): {reason}" if reason else f", stages ({named})"


def _executors(
    http: BoundedHttp, check: SparkJobs, app: Application, now: datetime
) -> Iterator[str]:
    """Executors of a running application that were lost lately."""
    lost = [
        each for each in some(http, ExecutorState, f"{app.path}/allexecutors")
        if _is_lost(each) and each.remove_time and now - each.remove_time <= check.during
    ]  # fmt: skip
    if len(lost) > check.lost_executors_at_most:
        named = [f"{each.id} {each.remove_reason.strip()[:100]}" for each in lost]
        yield (f"{app.name}: lost executors ({list_some(named)}) <= {check.lost_executors_at_most}")


def _is_lost(executor: ExecutorState) -> bool:
    reason = executor.remove_reason.lower()
    return (
        not executor.is_active
        and executor.id != DRIVER
        and not any(each in reason for each in NORMAL_END)
    )


def _too_old(check: SparkJobs, app: Application, now: datetime) -> Iterator[str]:
    ends = [each.end_time for each in app.attempts if each.completed and each.end_time]
    if check.at_most is None:
        return
    if not ends:
        yield f"{app.name} never ended"
    elif now - max(ends) > check.at_most:
        age = format_duration(now - max(ends))
        yield f"age of the newest end of {app.name} ({age}) <= {format_duration(check.at_most)}"


def _alive(state: Master) -> int:
    return sum(each.state == "ALIVE" for each in state.workers)


def _of_master(check: SparkJobs, state: Master, now: datetime) -> Iterator[str]:
    if state.status != "ALIVE":
        yield f"master: {state.status}"
    if _alive(state) < check.workers_at_least:
        gone = [f"{each.id} {each.state}" for each in state.workers if each.state != "ALIVE"]
        more = f"; gone ({list_some(gone)})" if gone else ""
        yield f"living workers ({_alive(state)}) >= {check.workers_at_least}{more}"
    for app in state.activeapps:
        waits = now - datetime.fromtimestamp(app.starttime / 1000, UTC)
        if app.state == "WAITING" and waits > check.waiting_at_most:
            limit = format_duration(check.waiting_at_most)
            yield f"{app.name} waits for cores ({format_duration(waits)}) <= {limit}"
    newest: dict[str, tuple[int, str]] = {}
    for app in (*state.completedapps, *state.activeapps):
        newest[app.name] = max(newest.get(app.name, (0, "")), (app.starttime, app.state))
    for name, (began_ms, how) in newest.items():
        began_at = datetime.fromtimestamp(began_ms / 1000, UTC)
        if how in ("FAILED", "KILLED", "UNKNOWN") and now - began_at <= check.during:
            yield f"{name}: {how.lower()}"
