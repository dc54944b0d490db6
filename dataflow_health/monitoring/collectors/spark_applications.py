"""Metadata and lineage of Spark: applications, their jobs, and folders read and written."""

from collections.abc import Iterator

from dataflow_health.health.outside_check import SparkJobs
from dataflow_health.health.outside_system import Arrow, SystemDescription, Task, Workflow
from dataflow_health.monitoring.collectors import address, dataset_name, spark_api, spark_plan
from dataflow_health.monitoring.collectors.bounded_http import BoundedHttp
from dataflow_health.monitoring.collectors.spark_api import (
    Application,
    Execution,
    ExecutorState,
    Job,
    some,
)
from dataflow_health.monitoring.probes.result import ProbeContext

MOST_DESCRIBED = 20
"""Most applications whose jobs and plans are read."""
MOST_JOBS = 200
MOST_EXECUTIONS = 100
"""Newest executions of an application whose plans are read; a plan is some kilobytes."""
MOST_LISTED = 5000
"""Spark keeps 1,000 executions, ``spark.sql.ui.retainedExecutions``."""


def describe(check: SparkJobs, place: str, context: ProbeContext) -> SystemDescription:
    """Everything that Spark ran lately, as far as it is not too much.

    Raises:
        NotConfigured: An address or a secret is not set.
        SystemUnavailable: Spark does not answer as its API promises.
    """
    components: dict[str, str] = {}
    workflows: list[Workflow] = []
    arrows: set[Arrow] = set()
    left_out, version = [], ""
    if check.master_url:
        with spark_api.opened(check, check.master_url.rstrip("/"), context) as http:
            state = spark_api.master(http)
        components["master"] = state.status
        components |= {each.id: each.state for each in state.workers}
    if not check.reads_master_only:
        base = address.of_web_check(check, context.environment)
        with spark_api.opened(check, base, context) as http:
            found = spark_api.applications(http)
            chosen = newest(found, check.applications)
            for app in chosen[:MOST_DESCRIBED]:
                workflows.append(_workflow(http, app))
                components |= _executors(http, app)
                arrows |= set(_arrows(http, app, place))
                version = version or app.newest.app_spark_version
            if len(chosen) > MOST_DESCRIBED:
                left_out.append(f"applications: {len(chosen) - MOST_DESCRIBED} of {len(chosen)}")
    return SystemDescription(
        version=version,
        components=components,
        workflows=tuple(workflows),
        arrows=tuple(sorted(arrows)),
        left_out=tuple(left_out),
    )


def newest(found: tuple[Application, ...], names: tuple[str, ...]) -> tuple[Application, ...]:
    """The newest application of each name, of some names or of all."""
    first: dict[str, Application] = {}
    for each in found:
        if not names or each.name in names:
            first.setdefault(each.name, each)
    return tuple(first.values())


def _workflow(http: BoundedHttp, app: Application) -> Workflow:
    jobs = some(http, Job, f"{app.path}/jobs")
    failed = any(job.status == "FAILED" for job in jobs)
    ended = "completed" if app.newest.completed else "running"
    return Workflow(
        name=app.name,
        describes=app.id,
        owners=(app.newest.spark_user,) if app.newest.spark_user else (),
        last_state=f"{ended}, jobs failed" if failed else ended,
        last_at=app.newest.start_time,
        tasks=tuple(
            Task(name=f"{job.job_id} {job.purpose}", kind=job.status)
            for job in sorted(jobs, key=lambda each: -each.job_id)[:MOST_JOBS]
        ),
    )


def _executors(http: BoundedHttp, app: Application) -> dict[str, str]:
    return {
        f"{app.name} executor {each.id}": "active" if each.is_active else "gone"
        for each in some(http, ExecutorState, f"{app.path}/executors")
    }


def _arrows(http: BoundedHttp, app: Application, place: str) -> Iterator[Arrow]:
    """From folders to the executions that read them, and from there to folders written.

    An execution is a node by what it does, such as ``parquet at Export.scala:12``; one that touches
    no folder is none.
    """
    node = f"spark_app:{place}/{app.name}"
    short = {"details": "false", "planDescription": "false", "length": MOST_LISTED}
    known = len(some(http, Execution, f"{app.path}/sql", **short))
    query = {
        "details": "false",
        "planDescription": "true",
        "offset": max(known - MOST_EXECUTIONS, 0),
        "length": MOST_EXECUTIONS,
    }
    for each in some(http, Execution, f"{app.path}/sql", **query):
        reads, written = spark_plan.places(each.plan_description)
        job = f"spark_job:{place}/{app.name}/{each.description or each.id}"
        if reads or written:
            yield node, job
        for url in reads:
            yield dataset_name.node(dataset_name.of_url(url)), job
        for url in written:
            yield job, dataset_name.node(dataset_name.of_url(url))
