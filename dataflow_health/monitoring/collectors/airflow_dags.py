"""Metadata and lineage of Airflow: DAGs with owners, their tasks, and assets between them."""

from collections.abc import Iterator, Mapping, Sequence

from dataflow_health.health.outside_check import AirflowRuns
from dataflow_health.health.outside_system import Arrow, SystemDescription, Task, Workflow
from dataflow_health.monitoring.collectors import dataset_name
from dataflow_health.monitoring.collectors.airflow_api import (
    MOST_DAGS,
    PATH,
    AirflowAsset,
    AirflowTask,
    Dag,
    DagRun,
    one,
    some,
)
from dataflow_health.monitoring.collectors.bounded_http import BoundedHttp, segment

MOST_DESCRIBED = 100
"""Most DAGs whose tasks and newest run are read; named ones come first."""
MOST_ASSETS = 1000
MOST_TEXT = 200


def describe(
    http: BoundedHttp, check: AirflowRuns, place: str, version: str, components: Mapping[str, str]
) -> SystemDescription:
    """Everything that Airflow runs, as far as it is not too much.

    Raises:
        SystemUnavailable: Airflow does not answer as its API promises.
    """
    found, total = some(
        http, Dag, "/dags", "dags", MOST_DAGS, exclude_stale="true", order_by="dag_id"
    )
    dags = [dag for dag in found if not check.dags or dag.dag_id in check.dags]
    workflows = tuple(_workflow(http, dag) for dag in dags[:MOST_DESCRIBED])
    assets, all_assets = some(http, AirflowAsset, "/assets", "assets", MOST_ASSETS)
    names = {workflow.name for workflow in workflows}
    left_out = [f"DAGs: {total - len(found)} of {total}"] if total > len(found) else []
    left_out += [f"tasks of {len(dags) - len(workflows)} DAGs"] if len(dags) > len(names) else []
    left_out += [f"assets: {all_assets - len(assets)}"] if all_assets > len(assets) else []
    return SystemDescription(
        version=version,
        components=components,
        workflows=workflows,
        arrows=tuple(sorted({*_of_tasks(workflows, place), *_of_assets(assets, place, names)})),
        left_out=tuple(left_out),
    )


def _workflow(http: BoundedHttp, dag: Dag) -> Workflow:
    path = f"{PATH}/dags/{segment(dag.dag_id)}/tasks"
    answer = http.get(path) or {}  # a DAG that was deleted since it was listed has none
    tasks = [one(AirflowTask, each, path) for each in answer.get("tasks", ())]
    before: dict[str, list[str]] = {}
    for task in tasks:
        for after in task.downstream_task_ids:
            before.setdefault(after, []).append(task.task_id)
    query = {"order_by": "-run_after"}
    runs, _ = some(http, DagRun, f"/dags/{segment(dag.dag_id)}/dagRuns", "dag_runs", 1, **query)
    newest = runs[0] if runs else None
    return Workflow(
        name=dag.dag_id,
        describes=(dag.description or "")[:MOST_TEXT],
        owners=dag.owners,
        tags=tuple(tag.name for tag in dag.tags),
        schedule=dag.timetable_description or "",
        is_paused=bool(dag.is_paused),
        last_state=newest.state if newest else "",
        last_at=newest.start_date if newest else None,
        tasks=tuple(
            Task(
                name=each.task_id,
                kind=each.operator_name or "",
                after=tuple(sorted(before.get(each.task_id, ()))),
            )
            for each in tasks
        ),
    )


def _of_tasks(workflows: Sequence[Workflow], place: str) -> Iterator[Arrow]:
    """From a DAG to its first tasks, and from task to task."""
    for workflow in workflows:
        for task in workflow.tasks:
            last = _task(place, workflow.name, task.name)
            for before in task.after:
                yield _task(place, workflow.name, before), last
            if not task.after:
                yield f"dag:{place}/{workflow.name}", last


def _of_assets(assets: Sequence[AirflowAsset], place: str, names: set[str]) -> Iterator[Arrow]:
    """From tasks to what they produce, and from there to tasks and DAGs that wait for it."""
    for asset in assets:
        node = dataset_name.node(dataset_name.of_url(asset.uri or asset.name))
        for task in asset.producing_tasks:
            if task.dag_id in names:
                yield _task(place, task.dag_id, task.task_id), node
        for task in asset.consuming_tasks:
            if task.dag_id in names:
                yield node, _task(place, task.dag_id, task.task_id)
        for dag in asset.scheduled_dags:
            if dag.dag_id in names:
                yield node, f"dag:{place}/{dag.dag_id}"


def _task(place: str, dag: str, task: str) -> str:
    return f"task:{place}/{dag}/{task}"
