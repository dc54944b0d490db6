"""Why it is red: the report's evidence in the order a person needs it."""

import difflib

from dataflow_health.errors import NotFound
from dataflow_health.health.report import HealthReport, ProcessHealth
from dataflow_health.health.status import Status
from dataflow_health.schemas import Explanation, PipelineExplanation


def explain_pipeline(report: HealthReport) -> PipelineExplanation:
    """Every cause: what is FAILED, then what only warns."""
    telling = [
        each
        for status in (Status.FAILED, Status.WARNING)
        for each in report.processes
        if each.status is status
    ]
    return PipelineExplanation(
        at=report.at, status=report.status, causes=tuple(_why(report, each) for each in telling)
    )


def explain_process(report: HealthReport, name: str) -> Explanation:
    """Why one process is as it is.

    Raises:
        NotFound: There is none of that name; the message says which are near.
    """
    return _why(report, find_process(report, name))


def find_process(report: HealthReport, name: str) -> ProcessHealth:
    """The process of that name.

    Raises:
        NotFound: There is none; the message says which are near.
    """
    found = report.find(name)
    if found is None:
        names = [each.name for each in report.processes]
        near = difflib.get_close_matches(name, names, n=1)
        guess = f"did you mean {near[0]}? " if near else ""
        raise NotFound(f"no process is named {name!r}; {guess}there are: {', '.join(names)}")
    return found


def _why(report: HealthReport, process: ProcessHealth) -> Explanation:
    waiting = [each for each in report.processes if process.name in each.blocked_by]
    commands = [item.command for item in process.evidence if item.command]
    if process.status is Status.FAILED and not process.external:
        commands.append(f"dataflow-health rerun --failed --stage {process.name}")
    return Explanation(
        process=process.name,
        status=process.status,
        since=process.since,
        reason=process.reason,
        checks=tuple(c for c in process.checks if c.status is not Status.HEALTHY),
        evidence=process.evidence,
        blocked_by=process.blocked_by,
        blocks=tuple(each.name for each in waiting),
        blocked_recordings=max((each.blocked_recordings for each in waiting), default=0),
        commands=tuple(dict.fromkeys(commands)),
        links=process.links,
    )
