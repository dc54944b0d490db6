"""Explanations of failures: reason, evidence, blocked processes, repair commands."""

import difflib

from dataflow_health.errors import NotFound
from dataflow_health.health.ledger_check import LEDGER_CHECK_KINDS
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
    commands = [evidence.command for evidence in process.evidence if evidence.command]
    if _has_work_to_rerun(process):
        commands.append(f"dataflow-health rerun --failed --stage {process.name}")
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
        commands=tuple(dict.fromkeys(commands)),
        links=process.links,
    )


def _has_work_to_rerun(process: ProcessHealth) -> bool:
    """Whether a stage fails for more than owed answers, whose evidence names its own command."""
    failed = [check for check in process.checks if check.status is Status.FAILED]
    is_only_owed = bool(failed) and all(check.kind in LEDGER_CHECK_KINDS for check in failed)
    return process.status is Status.FAILED and not process.external and not is_only_owed
