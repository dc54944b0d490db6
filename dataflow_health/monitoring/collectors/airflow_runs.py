"""Airflow 3: its components, the newest run of each DAG, and DAGs with their tasks and assets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dataflow_health.errors import SystemUnavailable
from dataflow_health.health.duration import format_duration
from dataflow_health.health.outside_check import AirflowRuns
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.monitoring.collectors import airflow_dags
from dataflow_health.monitoring.collectors.airflow_api import (
    MOST_DAGS,
    PAGE,
    PATH,
    Component,
    Dag,
    DagRun,
    ImportFailure,
    TaskInstance,
    one,
    signed_in,
    some,
)
from dataflow_health.monitoring.collectors.bounded_http import BoundedHttp, segment
from dataflow_health.monitoring.collectors.judged import judged, unavailable
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, list_some

NEEDED = ("metadatabase", "scheduler", "dag_processor")
"""Parts of Airflow without which nothing runs; a triggerer is only there where it is used."""
FINISHED = ("success", "failed")
MOST_SUSPECTS = 50
"""Most DAGs whose runs are read one by one."""


@dataclass(frozen=True, slots=True)
class ChosenDags:
    """DAGs that a check is about, and the state of each one's newest run."""

    dags: tuple[str, ...]
    state: dict[str, str]


def assess(check: AirflowRuns, context: ProbeContext) -> ProbeResult:
    """Failed with the names of components, DAGs, tasks and files at fault.

    Unknown while no DAG of the check has ever run.
    """
    try:
        with signed_in(check, context) as http:
            problems = list(_components(http, check, context.now))
            if any(each.startswith("metadatabase") for each in problems):
                return judged(problems, "")
            found, total = some(
                http, Dag, "/dags", "dags", MOST_DAGS, exclude_stale="true", order_by="dag_id"
            )
            problems += _not_there(check, found)
            if check.import_errors:
                problems += _import_errors(http)
            chosen = _chosen(http, check, found)
            problems += _runs(http, check, chosen, context.now)
    except SystemUnavailable as error:
        return unavailable("Airflow", error, context)
    if total > MOST_DAGS and not check.dags:
        problems.append(f"{total} DAGs, of which {MOST_DAGS} are read: name those that matter")
    if not chosen.state and not problems:
        return ProbeResult("unknown", f"no run yet of DAGs ({list_some(chosen.dags)})")
    never = [dag for dag in chosen.dags if dag not in chosen.state]
    more = f"; no run yet: {list_some(never)}" if never else ""
    return judged(problems, f"newest runs of {len(chosen.state)} DAGs succeeded{more}")


def describe(check: AirflowRuns, place: str, context: ProbeContext) -> SystemDescription:
    """Version, components, DAGs with owners and tasks, and lineage through assets."""
    with signed_in(check, context) as http:
        version = http.get(f"{PATH}/version") or {}
        components = {name: each.status or "not there" for name, each in _health(http).items()}
        return airflow_dags.describe(http, check, place, str(version.get("version")), components)


def _health(http: BoundedHttp) -> dict[str, Component]:
    path = f"{PATH}/monitor/health"
    found = http.get(path)
    if not isinstance(found, dict):
        raise SystemUnavailable(f"{path}: not there; an address of Airflow 3 is needed")
    return {
        name: one(Component, each, path) for name, each in found.items() if isinstance(each, dict)
    }


def _components(http: BoundedHttp, check: AirflowRuns, now: datetime) -> Iterator[str]:
    """Parts of Airflow that are down, or whose heartbeat is old."""
    health = _health(http)
    for name in NEEDED:
        state = health.get(name, Component()).status or "not there"
        if state != "healthy":
            yield f"{name}: {state}"
        elif at := health[name].heartbeat_at:
            age = now - datetime.fromisoformat(at)
            if age > check.heartbeat_at_most:
                yield (
                    f"{name}: age of its heartbeat ({format_duration(age)}) <= "
                    f"{format_duration(check.heartbeat_at_most)}"
                )
    if health.get("triggerer", Component()).status == "unhealthy":
        yield "triggerer: unhealthy"


def _not_there(check: AirflowRuns, found: Sequence[Dag]) -> Iterator[str]:
    """Named DAGs that Airflow does not have, or has switched off."""
    by_id = {dag.dag_id: dag for dag in found}
    if missing := [name for name in check.dags if name not in by_id]:
        yield f"no DAG ({list_some(missing)})"
    if paused := [name for name in check.dags if name in by_id and by_id[name].is_paused]:
        yield f"switched off ({list_some(paused)})"


def _import_errors(http: BoundedHttp) -> Iterator[str]:
    """DAG files that cannot be imported, each with the last line of its error."""
    found, _ = some(http, ImportFailure, "/importErrors", "import_errors")
    named = []
    for each in found:
        lines = [line.strip() for line in each.stack_trace.splitlines() if line.strip()]
        named.append(f"{each.filename} {lines[-1][:120]}" if lines else each.filename)
    if named:
        yield f"DAG files not importable ({list_some(named)})"


def _chosen(http: BoundedHttp, check: AirflowRuns, found: Sequence[Dag]) -> ChosenDags:
    """The DAGs of a check: those it names, or all that are switched on."""
    names = {dag.dag_id for dag in found}
    dags = tuple(name for name in check.dags if name in names) or tuple(
        dag.dag_id for dag in found if not dag.is_paused and not check.dags
    )
    states: dict[str, str] = {}
    for state in ("success", "failed", "running", "queued"):
        query = {"last_dag_run_state": state, "exclude_stale": "true", "order_by": "dag_id"}
        having, _ = some(http, Dag, "/dags", "dags", MOST_DAGS, **query)
        states.update({dag.dag_id: state for dag in having})
    return ChosenDags(dags, {name: states[name] for name in dags if name in states})


def _runs(
    http: BoundedHttp, check: AirflowRuns, chosen: ChosenDags, now: datetime
) -> Iterator[str]:
    """DAGs whose newest finished run failed, whose run takes too long, or is too old."""
    suspects = [name for name in chosen.dags if chosen.state.get(name, "success") != "success"]
    for name in suspects[:MOST_SUSPECTS]:
        runs, _ = some(
            http, DagRun, f"/dags/{segment(name)}/dagRuns", "dag_runs", 20, order_by="-run_after"
        )
        finished = next((run for run in runs if run.state in FINISHED), None)
        if finished is not None and finished.state == "failed":
            yield f"{name} failed{_failed_tasks(http, finished)}"
        yield from _too_long(runs, check.running_at_most, now)
    if len(suspects) > MOST_SUSPECTS:
        yield f"{len(suspects) - MOST_SUSPECTS} more DAGs without success"
    for name in chosen.dags if check.at_most else ():
        yield from _too_old(http, name, check.at_most or timedelta(0), now)


def _failed_tasks(http: BoundedHttp, run: DagRun) -> str:
    path = f"/dags/{segment(run.dag_id)}/dagRuns/{segment(run.dag_run_id)}/taskInstances"
    found, total = some(http, TaskInstance, path, "task_instances", PAGE, state="failed")
    names = list(dict.fromkeys(task.task_id for task in found))
    when = f" at {run.end_date:%Y-%m-%d %H:%M:%SZ}" if run.end_date else ""
    more = f" of {total} failed" if total > len(found) else ""
    return f"{when}: tasks ({list_some(names)}{more})" if names else when


def _too_long(runs: Sequence[DagRun], at_most: timedelta | None, now: datetime) -> Iterator[str]:
    for run in runs:
        if run.state == "running" and run.start_date and at_most:
            takes = now - run.start_date
            if takes > at_most:
                yield (
                    f"{run.dag_id} runs since {format_duration(takes)}, "
                    f"at most {format_duration(at_most)}"
                )


def _too_old(http: BoundedHttp, name: str, at_most: timedelta, now: datetime) -> Iterator[str]:
    query = {"state": "success", "order_by": "-end_date"}
    found, _ = some(http, DagRun, f"/dags/{segment(name)}/dagRuns", "dag_runs", 1, **query)
    ended_at = found[0].end_date if found else None
    if ended_at is None:
        yield f"{name} never succeeded"
    elif now - ended_at > at_most:
        age = format_duration(now - ended_at)
        yield f"age of the newest success of {name} ({age}) <= {format_duration(at_most)}"
