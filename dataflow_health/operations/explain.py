"""Explanations of failures: reason, evidence, blocked processes, repair commands."""

import difflib
from collections.abc import Iterator

from dataflow_health.errors import NotFound
from dataflow_health.health import remedy
from dataflow_health.health.check import LEDGER
from dataflow_health.health.remedy import ASSET_CHECK, Remedy
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.schemas import Explanation, PipelineExplanation


def explain_pipeline(report: HealthReport) -> PipelineExplanation:
    """Explains every FAILED process, then every process with a WARNING."""
    causes = [
        process
        for status in (Status.FAILED, Status.WARNING)
        for process in report.processes
        if process.status is status
    ]
    return PipelineExplanation(
        at=report.at,
        status=report.status,
        causes=tuple(_explain(report, process) for process in causes),
    )


def explain_process(report: HealthReport, name: str) -> Explanation:
    """Explains the status of one process.

    Raises:
        NotFound: No process has this name; the message suggests a similar one.
    """
    return _explain(report, find_process(report, name))


def find_process(report: HealthReport, name: str) -> ProcessHealth:
    """Health of the process with a name.

    Raises:
        NotFound: No process has this name; the message suggests a similar one.
    """
    found = report.find(name)
    if found is None:
        names = [process.name for process in report.processes]
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise NotFound(f"no process is named {name!r}; {hint}processes: {', '.join(names)}")
    return found


def _explain(report: HealthReport, process: ProcessHealth) -> Explanation:
    blocked = [each for each in report.processes if process.name in each.blocked_by]
    remedies = list(_remedies(process))
    commands = [item.command for item in process.evidence] + [each.command for each in remedies]
    return Explanation(
        process=process.name,
        status=process.status,
        since=process.since,
        reason=process.reason,
        checks=tuple(each for each in process.checks if each.status is not Status.HEALTHY),
        evidence=process.evidence,
        blocked_by=process.blocked_by,
        blocks=tuple(each.name for each in blocked),
        blocked_recordings=max((each.blocked_recordings for each in blocked), default=0),
        steps=tuple(dict.fromkeys(each.step for each in remedies if each.step)),
        commands=tuple(dict.fromkeys(filter(None, commands))),
        links=process.links,
    )


def _remedies(process: ProcessHealth) -> Iterator[Remedy]:
    """Remedies of the failing checks; the command for a refused item stands in its evidence."""
    for check in process.checks:
        if check.status not in (Status.FAILED, Status.WARNING):
            continue
        refused = {item.reason for item in check.evidence if item.command}
        if refused and check.kind == ASSET_CHECK:
            yield from (Remedy(remedy.step_of_reason(each)) for each in sorted(refused))
        elif check.kind == LEDGER and process.counts and process.counts.quarantined:
            yield remedy.of_refusals(process.name)
        else:
            yield remedy.of_check(check.kind, check.name)
