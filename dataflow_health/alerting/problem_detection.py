"""Problems of a health report: one per cause, root causes only.

A process that only waits for a failed one is listed under the failed one's problem. An item that
both a check and the quarantine counts show as refused is reported once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from dataflow_health.health.check import DATA_CHECK_KINDS, LEDGER
from dataflow_health.health.frozen_model import Severity
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import BlockedProcess, Problem, QuarantineCount
from dataflow_health.health.report import CheckHealth, HealthReport, ProcessHealth
from dataflow_health.health.settled_evidence import EVIDENCE_LIMIT
from dataflow_health.health.status import Status

MAX_EXAMPLES = 5
"""Pieces of evidence kept with a problem; its ``failures`` counts all of them."""
UNACCOUNTED = "unaccounted"
"""Reason code of items that entered a stage and are in none of its states."""
CONSERVATION = "conservation"
"""Check of every stage that reports unaccounted items itself."""

_Counts = Mapping[tuple[str, str], QuarantineCount]


def find_problems(
    report: HealthReport, quarantine_counts: Iterable[QuarantineCount] = ()
) -> tuple[Problem, ...]:
    """Every cause of a FAILED or WARNING check, in the order of the report.

    Args:
        report: The health report.
        quarantine_counts: Exact counts; the evidence of a check holds examples only.
    """
    counts = {(each.process, each.reason): each for each in quarantine_counts}
    blocked = _blocked_processes(report)
    return tuple(
        problem
        for process in report.processes
        for problem in _of_process(process, counts, blocked.get(process.name, ()))
    )


def _blocked_processes(report: HealthReport) -> Mapping[str, tuple[BlockedProcess, ...]]:
    """Waiting processes, by the failed process that they wait for."""
    blocked: dict[str, list[BlockedProcess]] = defaultdict(list)
    for process in report.processes:
        for origin in process.blocked_by if process.status is Status.BLOCKED else ():
            blocked[origin].append(
                BlockedProcess(process=process.name, recordings=process.blocked_recordings)
            )
    return {origin: tuple(waiting) for origin, waiting in blocked.items()}


def _of_process(
    process: ProcessHealth, counts: _Counts, blocked: tuple[BlockedProcess, ...]
) -> Iterator[Problem]:
    failing = [c for c in process.checks if c.status in (Status.FAILED, Status.WARNING)]
    declared = _failing_together([check for check in failing if check.kind != LEDGER])
    found = [each for check in declared for each in _of_check(process, check, counts, blocked)]
    yield from found
    for check in failing:
        if check.kind == LEDGER:
            yield from _of_ledger(process, check, found, counts)


def _failing_together(failing: Sequence[CheckHealth]) -> list[CheckHealth]:
    """Checks of one kind that fail with the same words are one cause: the first stands for all.

    A lake that hangs fails all eight stages of the canary with "no answer within 5 s".
    """
    groups: dict[tuple[str, ...], list[CheckHealth]] = defaultdict(list)
    for check in failing:
        together = check.is_live and check.detail
        groups[(check.kind, check.status, check.detail) if together else (check.name,)].append(
            check
        )
    return [_with_others_named(group) for group in groups.values()]


def _with_others_named(group: Sequence[CheckHealth]) -> CheckHealth:
    if len(group) == 1:
        return group[0]
    names = ", ".join(check.name for check in group)
    return group[0].model_copy(update={"detail": f"{group[0].detail} ({len(group)}: {names})"})


def _of_check(
    process: ProcessHealth,
    check: CheckHealth,
    counts: _Counts,
    blocked: tuple[BlockedProcess, ...],
) -> Iterator[Problem]:
    """One problem per reason code in the evidence; only a check that stops work blocks others."""
    stops_work = check.kind not in DATA_CHECK_KINDS and check.status is Status.FAILED
    by_reason: dict[str, list[Evidence]] = defaultdict(list)
    for item in check.evidence:
        by_reason[item.reason or check.outcome or "failed"].append(item)
    causes = by_reason or {check.outcome or "failed": []}
    for cause, evidence in causes.items():
        count = counts.get((process.name, cause))
        problem = _problem(process, check, cause, evidence, count, blocked if stops_work else ())
        is_exact = count is not None or len(check.evidence) < EVIDENCE_LIMIT
        yield _with_own_count(problem) if is_exact and len(causes) > 1 else problem


def _of_ledger(
    process: ProcessHealth, check: CheckHealth, found: Sequence[Problem], counts: _Counts
) -> Iterator[Problem]:
    """Problems only the ledger shows: unaccounted items, and refusals that no check names."""
    causes = {each.cause for each in found}
    for (name, reason), count in counts.items():
        if name == process.name and reason not in causes:
            yield _with_own_count(_problem(process, check, reason, [], count, ()))
    unaccounted = process.counts.unaccounted if process.counts else 0
    if unaccounted and CONSERVATION not in {each.check for each in found}:
        yield _problem(process, check, UNACCOUNTED, [], None, ())


def _with_own_count(problem: Problem) -> Problem:
    """The problem with a measured value that counts no other cause of its check."""
    detail = f"failures ({problem.failures}: {problem.cause}) must be 0"
    return problem.model_copy(update={"detail": detail})


def _problem(
    process: ProcessHealth,
    check: CheckHealth,
    cause: str,
    evidence: Sequence[Evidence],
    count: QuarantineCount | None,
    blocked: tuple[BlockedProcess, ...],
) -> Problem:
    tails = {item.tail for item in evidence} | set(count.tails if count else ())
    return Problem(
        process=process.name,
        check=check.name,
        kind=check.kind,
        cause=cause,
        severity=_severity(check, evidence, count),
        quarantined=count is not None,
        failures=max(count.failures if count else 0, sum(item.count for item in evidence), 1),
        tails=tuple(sorted(tails - {""})),
        days=count.days if count else tuple(sorted(check.days)),
        examples=tuple(evidence[:MAX_EXAMPLES]),
        detail=check.detail,
        describes=check.describes,
        owner=process.owner,
        runbook=process.runbook,
        link=check.link,
        blocked=blocked,
        since=_since(check, evidence),
    )


def _severity(
    check: CheckHealth, evidence: Sequence[Evidence], count: QuarantineCount | None
) -> Severity:
    """Severity of a cause, as the board shows it: items in quarantine make a process FAILED."""
    if count is not None:
        return "error"
    own = {item.severity for item in evidence}
    return "warning" if check.status is Status.WARNING or own == {"warning"} else "error"


def _since(check: CheckHealth, evidence: Sequence[Evidence]) -> datetime | None:
    """Start of a cause: when its first item was found, else that of the check."""
    found = [item.first_seen_at for item in evidence if item.first_seen_at]
    return min(found, default=check.since)
