"""Status of one process considered alone: its checks, counts and parts.

Not here: whether another process is the cause, which :mod:`~dataflow_health.health.evaluate`
decides.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from dataflow_health.health.check import DATA_CHECKS, LEDGER, STEP, Check
from dataflow_health.health.check_status import (
    EvaluationContext,
    evaluate_check,
    evaluate_step,
    is_running,
    last_success_at,
    valid_for,
)
from dataflow_health.health.observation import Counts, Evidence, Observation, StageCounts, add_up
from dataflow_health.health.process import Process
from dataflow_health.health.report import CheckHealth, PartHealth
from dataflow_health.health.settled_days import SettledDays
from dataflow_health.health.status import Status, worst


@dataclass(frozen=True)
class ProcessStatus:
    """Checks, counts and parts of one process.

    Attributes:
        checks: Declared checks, then ``ledger`` and ``step`` if observed.
        counts: Sum over all arrival days; None when the process counts nothing.
        parts: Assets inside the process, such as algorithms.
        not_configured: Names of optional checks that have no target configured.
    """

    checks: tuple[CheckHealth, ...]
    counts: Counts | None
    parts: tuple[PartHealth, ...]
    not_configured: frozenset[str] = frozenset()

    @cached_property
    def status(self) -> Status:
        """Worst status of the configured checks; other processes are not considered."""
        return worst(check.status for check in self.checks if check.name not in self.not_configured)

    @property
    def is_down(self) -> bool:
        """True when a live check fails, whatever the cause."""
        return any(check.is_live and check.status is Status.FAILED for check in self.checks)

    @property
    def blocks_downstream(self) -> bool:
        """True when its work fails through its own fault, so that it has no output."""
        return any(_is_work(check) and check.status is Status.FAILED for check in self.checks)

    def with_work_blocked(self) -> "ProcessStatus":
        """The same status with failed work, but not failed data, attributed to another process."""
        return replace(self, checks=tuple(_block_failed_work(check) for check in self.checks))


def evaluate_process(
    process: Process,
    parts: Sequence[str],
    observed: Sequence[Observation | StageCounts | SettledDays],
    now: datetime,
    stale_after: timedelta,
) -> ProcessStatus:
    """Status of one process from its observations and counts until now.

    Args:
        process: The process as declared.
        parts: Names of the assets inside it.
        observed: Observations and counts, in any order; one sum of settled days at most.
        now: Evaluation time, UTC.
        stale_after: Shortest time after which a live result is stale.
    """
    observations = [each for each in observed if isinstance(each, Observation)]
    by_day = _newest_counts([each for each in observed if isinstance(each, StageCounts)])
    data_at = {each.arrival_day: each.data_at for each in by_day if each.data_at}
    settled = next((each for each in observed if isinstance(each, SettledDays)), None)
    settled = settled or SettledDays(process="", at=now)
    context = EvaluationContext(now, stale_after, data_at, settled_data_at=settled.data_at)
    working = is_running(observations, context) or any(each.running for each in by_day)
    context = replace(context, working=working, ended_at=last_success_at(observations))
    counted = [*by_day, settled.counts] if settled.counts else by_day
    counts = add_up(counted) if counted else None
    checks = _checks(process, observations, context, settled)
    if counts is not None:
        at = max([each.at for each in by_day], default=settled.at)
        checks.insert(len(process.checks), _ledger_check(by_day, counts, at))
    return ProcessStatus(
        checks=tuple(checks),
        counts=counts,
        parts=_parts(process, parts, observations, context, checks, settled),
        not_configured=_not_configured(process, checks, context),
    )


def merge_evidence(checks: Sequence[CheckHealth]) -> tuple[Evidence, ...]:
    """Evidence of all checks, that of FAILED ones first, each location once."""
    ordered = sorted(checks, key=lambda check: check.status is not Status.FAILED)
    unique: dict[tuple[object, ...], Evidence] = {}
    for check in ordered:
        for item in check.evidence:
            unique.setdefault(_location(item), item)
    return tuple(unique.values())


def _checks(
    process: Process,
    observations: Sequence[Observation],
    context: EvaluationContext,
    settled: SettledDays,
) -> list[CheckHealth]:
    by_check = defaultdict(list)
    for each in observations:
        by_check[each.check].append(each)
    checks = [
        evaluate_check(check, by_check[check.name], context, settled.of_check(check.name))
        for check in process.checks
    ]
    step = evaluate_step(by_check[STEP], context, settled.of_check(STEP))
    return [*checks, step] if step else checks


def _not_configured(
    process: Process, checks: Sequence[CheckHealth], context: EvaluationContext
) -> frozenset[str]:
    """Names of optional checks whose recent result says that no target is configured."""
    optional = {each.name: each for each in process.checks if each.optional}
    return frozenset(
        each.name
        for each in checks
        if each.name in optional
        and (each.status, each.outcome) == (Status.UNKNOWN, "unknown")
        and _is_recent(each, optional[each.name], context)
    )


def _is_recent(health: CheckHealth, check: Check, context: EvaluationContext) -> bool:
    if health.at is None or isinstance(check, DATA_CHECKS):
        return False
    return context.now - health.at <= valid_for(check, context.stale_after)


def _newest_counts(counted: Sequence[StageCounts]) -> list[StageCounts]:
    """The newest counts of each day, in the order of days."""
    by_day: dict[str, list[StageCounts]] = defaultdict(list)
    for each in counted:
        by_day[str(each.arrival_day or "")].append(each)
    return [_newest_of_day(by_day[day]) for day in sorted(by_day)]


def _newest_of_day(counted: Sequence[StageCounts]) -> StageCounts:
    if len(counted) == 1:
        return counted[0]
    return max(counted, key=lambda each: (each.at, each.model_dump_json()))


def _ledger_check(by_day: Sequence[StageCounts], counts: Counts, at: datetime) -> CheckHealth:
    """The undeclared check that counts balance and nothing is in quarantine."""
    bad = [each for each in by_day if each.quarantined or each.unaccounted]
    problems = [f"{counts.quarantined} in quarantine"] if counts.quarantined else []
    if counts.unaccounted:
        problems.append(f"{counts.unaccounted} of {counts.incoming} unaccounted for")
    running = any(each.running for each in by_day)
    return CheckHealth(
        name=LEDGER,
        kind=LEDGER,
        status=Status.FAILED if bad else Status.RUNNING if running else Status.HEALTHY,
        describes="Everything that came in is accounted for, and nothing is in quarantine.",
        detail=", ".join(problems) or f"{counts.done} of {counts.incoming} done",
        outcome="failed" if bad else "running" if running else "passed",
        since=min((_bad_since(each) for each in bad), default=None),
        at=at,
        days=tuple(each.arrival_day for each in reversed(bad) if each.arrival_day),
        evidence=tuple(item for each in reversed(bad) for item in each.evidence),
    )


def _bad_since(counts: StageCounts) -> datetime:
    first_seen = [item.first_seen_at for item in counts.evidence if item.first_seen_at]
    return min(first_seen, default=counts.data_at or counts.at)


def _parts(
    process: Process,
    names: Sequence[str],
    observations: Sequence[Observation],
    context: EvaluationContext,
    checks: Sequence[CheckHealth],
    settled: SettledDays,
) -> tuple[PartHealth, ...]:
    by_part: Mapping[str, list[Observation]] = defaultdict(list)
    declared = {STEP, *(check.name for check in process.checks)}
    for each in observations:
        if each.part and each.check in declared:
            by_part[each.part].append(each)
    observed = {*by_part, *(part for _, part in settled.checks if part)}
    return tuple(
        _part(process, name, by_part[name], context, settled.of_part(name))
        if name in observed
        else _part_from_evidence(name, checks)
        for name in sorted({*names, *observed})
    )


def _part(
    process: Process,
    name: str,
    observations: Sequence[Observation],
    context: EvaluationContext,
    settled: SettledDays,
) -> PartHealth:
    """Health of a part from the checks that observed it."""
    observed = {*(each.check for each in observations), *(check for check, _ in settled.checks)}
    declared = tuple(check for check in process.checks if check.name in observed)
    only_observed = process.model_copy(update={"checks": declared})
    checks = _checks(only_observed, observations, context, settled)
    status = worst(check.status for check in checks)
    deciding = [check for check in checks if check.status is status]
    starts = [check.since for check in deciding if check.since]
    detail = "; ".join(f"{check.name}: {check.detail}" for check in deciding if check.detail)
    return PartHealth(name=name, status=status, detail=detail, since=min(starts, default=None))


def _part_from_evidence(name: str, checks: Sequence[CheckHealth]) -> PartHealth:
    """Health of a part without observations: failing where evidence names it.

    A part that no evidence names is as recent as the asset checks of its process.
    """
    for check in checks:
        failing = check.status in (Status.FAILED, Status.WARNING)
        for item in check.evidence if failing else ():
            if item.part == name:
                detail = f"{check.name}: {item.found or item.reason}"
                return PartHealth(name=name, status=check.status, detail=detail, since=check.since)
    ages = [c.status for c in checks if c.kind == "asset_check" and c.status in _AGES]
    return PartHealth(name=name, status=worst(ages))


_AGES = (Status.HEALTHY, Status.RUNNING, Status.STALE)


def _is_work(check: CheckHealth) -> bool:
    """True for a check of the process's work, False for one of its data."""
    return check.kind == STEP or check.is_live


def _block_failed_work(check: CheckHealth) -> CheckHealth:
    """A check that could not run says nothing about the data, so it counts as work."""
    is_work = _is_work(check) or check.outcome == "errored"
    if is_work and check.status is Status.FAILED:
        return check.model_copy(update={"status": Status.BLOCKED})
    return check


def _location(item: Evidence) -> tuple[object, ...]:
    location = (item.reason, item.archive, item.member, item.recording_id, item.byte_offset)
    return location if any(location[1:]) else (item,)
