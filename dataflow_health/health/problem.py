"""What is wrong now, one entry a cause: the report's red checks, told apart by reason.

Root causes only: what merely waits for a cause is counted with it, and a recording that several
counts show as refused is told once.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from pydantic import AwareDatetime

from dataflow_health.health.check import LEDGER
from dataflow_health.health.frozen_model import Count, FrozenModel, Severity
from dataflow_health.health.observation import Evidence
from dataflow_health.health.report import CheckHealth, HealthReport, ProcessHealth
from dataflow_health.health.status import Status

EXAMPLES = 5
"""Cards kept with a trouble; its count tells how many there are."""
UNACCOUNTED = "unaccounted"
CONSERVATION = "conservation"


class QuarantineCount(FrozenModel):
    """How many a stage holds in quarantine for one reason.

    Attributes:
        process: The stage.
        reason: Reason code.
        failures: How many.
        tails: Aircraft, in order.
        days: Arrival days, in order.
    """

    process: str
    reason: str
    failures: Count
    tails: tuple[str, ...] = ()
    days: tuple[date, ...] = ()


class BlockedProcess(FrozenModel):
    """A process that waits for a cause, and how many things are held up on the way there."""

    process: str
    things: Count = 0


class Problem(FrozenModel):
    """One cause of red or amber.

    Attributes:
        process: Where the fault is: never one that only waits.
        check: Which check shows it.
        cause: Reason code, ``failed`` or ``errored`` where a check gives none.
        severity: Of the check.
        failures: How many things fail by it.
        tails: Aircraft concerned.
        days: Arrival days concerned.
        examples: Evidence of a few.
        detail: The measured value inside the condition.
        describes: What the check asserts.
        owner: Who is asked first.
        runbook: What to do.
        link: Page that shows the check.
        blocked: Who waits for it.
        since: Since when the check is so.
    """

    process: str
    check: str
    cause: str
    severity: Severity
    failures: Count = 1
    tails: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    examples: tuple[Evidence, ...] = ()
    detail: str = ""
    describes: str = ""
    owner: str = ""
    runbook: str = ""
    link: str = ""
    blocked: tuple[BlockedProcess, ...] = ()
    since: AwareDatetime | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same root process, check and cause, whatever else fails by it."""
        return fingerprint(self.process, self.check, self.cause)


def fingerprint(process: str, check: str, cause: str) -> str:
    """Sixteen hex digits of a root process, check and cause."""
    return hashlib.sha256(f"{process}/{check}/{cause}".encode()).hexdigest()[:16]


def find_problems(
    report: HealthReport, tallies: Iterable[QuarantineCount] = ()
) -> tuple[Problem, ...]:
    """Every cause in a report, in the report's order.

    Args:
        report: The verdict.
        tallies: Exact counts of quarantine; a check's evidence are only examples.
    """
    counted = {(each.process, each.reason): each for each in tallies}
    waiting = _waiting(report)
    found: list[Problem] = []
    for process in report.processes:
        own = [c for c in process.checks if c.status in (Status.FAILED, Status.WARNING)]
        asked = [c for c in own if c.kind != LEDGER]
        told = [each for check in asked for each in _of_check(process, check, counted, waiting)]
        found += told
        for check in own:
            if check.kind == LEDGER:
                found += _of_ledger(process, check, told, counted)
    return tuple(found)


def _waiting(report: HealthReport) -> Mapping[str, tuple[BlockedProcess, ...]]:
    """Who waits for each cause."""
    waiting: dict[str, list[BlockedProcess]] = defaultdict(list)
    for process in report.processes:
        for origin in process.blocked_by if process.status is Status.BLOCKED else ():
            waiting[origin].append(
                BlockedProcess(process=process.name, things=process.blocked_recordings)
            )
    return {origin: tuple(held) for origin, held in waiting.items()}


def _of_check(
    process: ProcessHealth,
    check: CheckHealth,
    counted: Mapping[tuple[str, str], QuarantineCount],
    waiting: Mapping[str, tuple[BlockedProcess, ...]],
) -> Iterator[Problem]:
    stops = check.kind not in ("asset_check", LEDGER) and check.status is Status.FAILED
    blocked = waiting.get(process.name, ()) if stops else ()
    by_reason: dict[str, list[Evidence]] = defaultdict(list)
    for item in check.evidence:
        by_reason[item.reason or check.outcome or "failed"].append(item)
    for cause, evidence in (by_reason or {check.outcome or "failed": []}).items():
        yield _trouble(process, check, cause, evidence, counted.get((process.name, cause)), blocked)


def _of_ledger(
    process: ProcessHealth,
    check: CheckHealth,
    told: Sequence[Problem],
    counted: Mapping[tuple[str, str], QuarantineCount],
) -> Iterator[Problem]:
    """What only the account shows: the lost, and the refused that no check of the stage names."""
    named = {each.cause for each in told}
    for (name, reason), tally in counted.items():
        if name == process.name and reason not in named:
            yield _trouble(process, check, reason, [], tally, ())
    lost = process.counts.unaccounted if process.counts else 0
    if lost and CONSERVATION not in {each.check for each in told}:
        yield _trouble(process, check, UNACCOUNTED, [], None, ())


def _trouble(
    process: ProcessHealth,
    check: CheckHealth,
    cause: str,
    evidence: Sequence[Evidence],
    tally: QuarantineCount | None,
    blocked: tuple[BlockedProcess, ...],
) -> Problem:
    tails = {item.tail for item in evidence if item.tail} | set(tally.tails if tally else ())
    return Problem(
        process=process.name,
        check=check.name,
        cause=cause,
        severity="error" if check.status is Status.FAILED else "warning",
        failures=max(tally.failures if tally else 0, sum(item.count for item in evidence), 1),
        tails=tuple(sorted(tails - {""})),
        days=tally.days if tally else tuple(sorted(check.days)),
        examples=tuple(evidence[:EXAMPLES]),
        detail=check.detail,
        describes=check.describes,
        owner=process.owner,
        runbook=process.runbook,
        link=check.link,
        blocked=blocked,
        since=check.since,
    )
