"""Health report of all processes: which ones are the root cause, and which only wait.

Root causes come first. A process fails through its own fault when its data is bad (a check failed,
items are in quarantine, counts do not balance), or when its work fails (its run, or a live check)
while no external process directly before it is down. Failed work below an external process that is
down is attributed to that one. All processes after one whose work fails through its own fault are
BLOCKED by it. Bad data blocks no process, because the good recordings go on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.process_status import ProcessStatus, evaluate_process, merge_evidence
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.settled_days import SettledDays
from dataflow_health.health.status import Status, worst
from dataflow_health.health.status_reason import explain_status

STALE_AFTER = timedelta(minutes=2)
"""Shortest time after which a live result is stale; probes must write a heartbeat more often."""


def evaluate(
    pipeline: Pipeline,
    observed: Iterable[Observation | StageCounts | SettledDays],
    now: datetime,
    *,
    stale_after: timedelta = STALE_AFTER,
) -> HealthReport:
    """Health of every process at one time.

    Args:
        pipeline: The processes and their dependencies.
        observed: Observations and counts, in any order, and sums of settled days. Those later than
            ``now``, of an unknown process, or of an undeclared check are ignored.
        now: Evaluation time, UTC; a past time shows the past.
        stale_after: See :data:`STALE_AFTER`.
    """
    by_process = _by_process(observed, now)
    statuses: dict[str, ProcessStatus] = {}
    blockers: dict[str, tuple[str, ...]] = {}
    down: set[str] = set()
    for name in pipeline.order:
        status = evaluate_process(
            pipeline.processes[name],
            pipeline.parts.get(name, ()),
            by_process.get(name, ()),
            now,
            stale_after,
        )
        if status.is_down:
            down.add(name)
        upstream = pipeline.upstream[name]
        if any(each in down and pipeline.processes[each].external for each in upstream):
            status = status.with_work_blocked()
        statuses[name] = status
        inherited = {blocker for each in upstream for blocker in blockers[each]}
        blockers[name] = tuple(each for each in statuses if each in inherited)
        if status.blocks_downstream:
            blockers[name] += (name,)
    return _report(pipeline, statuses, blockers, now)


def _by_process(
    observed: Iterable[Observation | StageCounts | SettledDays], now: datetime
) -> Mapping[str, list[Observation | StageCounts | SettledDays]]:
    by_process: dict[str, list[Observation | StageCounts | SettledDays]] = defaultdict(list)
    for each in observed:
        if each.at <= now:
            by_process[each.process].append(each)
    return by_process


def _report(
    pipeline: Pipeline,
    statuses: Mapping[str, ProcessStatus],
    blockers: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> HealthReport:
    healths: dict[str, ProcessHealth] = {}
    for name in statuses:
        blocked_by = tuple(each for each in blockers[name] if each != name)
        healths[name] = _process_health(pipeline, name, statuses, blocked_by, healths)
    processes = tuple(healths.values())
    return HealthReport(at=now, status=worst(p.status for p in processes), processes=processes)


def _process_health(
    pipeline: Pipeline,
    name: str,
    statuses: Mapping[str, ProcessStatus],
    blocked_by: tuple[str, ...],
    healths: Mapping[str, ProcessHealth],
) -> ProcessHealth:
    own, process = statuses[name], pipeline.processes[name]
    status = own.status
    if blocked_by and status is not Status.FAILED:
        status = Status.BLOCKED
    blocked_recordings = _blocked_recordings(pipeline, name, statuses, blocked_by)
    return ProcessHealth(
        name=name,
        status=status,
        since=_since(status, own, [healths[each] for each in blocked_by]),
        reason=explain_status(status, own, blocked_by, blocked_recordings),
        describes=process.describes,
        group=process.group,
        owner=process.owner,
        runbook=process.runbook,
        external=process.external,
        after=pipeline.upstream[name],
        counts=own.counts,
        checks=own.checks,
        parts=own.parts,
        evidence=merge_evidence(own.checks),
        blocked_by=blocked_by,
        blocked_recordings=blocked_recordings,
        links=_links(process.runbook, own),
    )


def _blocked_recordings(
    pipeline: Pipeline,
    name: str,
    statuses: Mapping[str, ProcessStatus],
    blocked_by: tuple[str, ...],
) -> int:
    """Recordings in flight on any path from the causes to the process, each stage once."""
    on_paths = {each for blocker in blocked_by for each in pipeline.between(blocker, name)}
    counts = (statuses[each].counts for each in on_paths)
    return sum(each.in_flight for each in counts if each)


def _since(status: Status, own: ProcessStatus, causes: list[ProcessHealth]) -> datetime | None:
    """Start of the status: that of the causes when BLOCKED, else that of the own checks."""
    if status is Status.BLOCKED:
        starts = [cause.since for cause in causes]
    else:
        starts = [check.since for check in own.checks if check.status is status]
    known = [each for each in starts if each]
    return (max if status is Status.HEALTHY else min)(known, default=None)


def _links(runbook: str, own: ProcessStatus) -> dict[str, str]:
    links = {"runbook": runbook} if runbook else {}
    return links | {check.name: check.link for check in own.checks if check.link}
