"""The verdict over everything: who is at fault, and who only waits for whom.

Root cause first. A fault is a process's *own* when its data is bad (a check failed, something is in
quarantine, counts do not add up), or when its work fails (its run, or a live check) while nothing
it stands on is down. Work that fails while an external process directly before it is down is that
process's fault. Whoever comes after a process whose work fails by its own fault is BLOCKED by it;
bad data blocks nobody, since the good recordings go on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.process_status import ProcessStatus, evaluate_process, merge_evidence
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status, worst
from dataflow_health.health.status_reason import explain_status

STALE_AFTER = timedelta(minutes=2)
"""Live answers older than this are stale, so a slow observer's heartbeat must come faster."""


def evaluate(
    pipeline: Pipeline,
    observations: Iterable[Observation | StageCounts],
    now: datetime,
    *,
    stale_after: timedelta = STALE_AFTER,
) -> HealthReport:
    """Judges every process at one moment.

    Args:
        pipeline: The processes.
        observations: All that was seen, in any order. What is later than ``now``, of an unknown
            process, or of a check that is no longer declared, is left out.
        now: The moment; an earlier one shows the past.
        stale_after: See :data:`STALE_AFTER`.
    """
    seen = _by_process(observations, now)
    facts: dict[str, ProcessStatus] = {}
    origins: dict[str, tuple[str, ...]] = {}
    down: set[str] = set()
    for name in pipeline.order:
        process = pipeline.processes[name]
        told = evaluate_process(
            process, pipeline.parts.get(name, ()), seen.get(name, ()), now, stale_after
        )
        if told.is_down:
            down.add(name)
        above = pipeline.upstream[name]
        if any(each in down and pipeline.processes[each].external for each in above):
            told = told.excused()
        facts[name] = told
        waiting_for = {origin for each in above for origin in origins[each]}
        origins[name] = tuple(each for each in facts if each in waiting_for)
        if told.stops:
            origins[name] += (name,)
    return _report(pipeline, facts, origins, now)


def _by_process(
    observations: Iterable[Observation | StageCounts], now: datetime
) -> Mapping[str, list[Observation | StageCounts]]:
    seen: dict[str, list[Observation | StageCounts]] = defaultdict(list)
    for each in observations:
        if each.at <= now:
            seen[each.process].append(each)
    return seen


def _report(
    pipeline: Pipeline,
    facts: Mapping[str, ProcessStatus],
    origins: Mapping[str, tuple[str, ...]],
    now: datetime,
) -> HealthReport:
    healths: dict[str, ProcessHealth] = {}
    for name in facts:
        blocked_by = tuple(each for each in origins[name] if each != name)
        healths[name] = _judged(pipeline, name, facts, blocked_by, healths)
    processes = tuple(healths.values())
    return HealthReport(at=now, status=worst(p.status for p in processes), processes=processes)


def _judged(
    pipeline: Pipeline,
    name: str,
    facts: Mapping[str, ProcessStatus],
    blocked_by: tuple[str, ...],
    healths: Mapping[str, ProcessHealth],
) -> ProcessHealth:
    own, process = facts[name], pipeline.processes[name]
    status = own.status
    if blocked_by and status is not Status.FAILED:
        status = Status.BLOCKED
    held_up = _held_up(pipeline, name, facts, blocked_by)
    return ProcessHealth(
        name=name,
        status=status,
        since=_since(status, own, [healths[each] for each in blocked_by]),
        reason=explain_status(status, own, blocked_by, held_up),
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
        blocked_recordings=held_up,
        links=_links(process.runbook, own),
    )


def _held_up(
    pipeline: Pipeline, name: str, facts: Mapping[str, ProcessStatus], blocked_by: tuple[str, ...]
) -> int:
    """Things in flight anywhere between the causes and here, each stage counted once."""
    ways = {each for origin in blocked_by for each in pipeline.between(origin, name)}
    counted = (facts[each].counts for each in ways)
    return sum(counts.in_flight for counts in counted if counts)


def _since(status: Status, own: ProcessStatus, causes: list[ProcessHealth]) -> datetime | None:
    if status is Status.BLOCKED:
        times = [cause.since for cause in causes]
    else:
        times = [check.since for check in own.checks if check.status is status]
    told = [each for each in times if each]
    return (max if status is Status.HEALTHY else min)(told, default=None)


def _links(runbook: str, own: ProcessStatus) -> dict[str, str]:
    links = {"runbook": runbook} if runbook else {}
    return links | {check.name: check.link for check in own.checks if check.link}
