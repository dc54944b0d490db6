"""One process seen alone: its checks, counts and parts, before anyone asks whose fault it is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from dataflow_health.health.check import LEDGER, STEP, AssetCheck, Check
from dataflow_health.health.check_status import (
    EvaluationContext,
    evaluate_check,
    evaluate_step,
    is_running,
    last_success_at,
    valid_for,
)
from dataflow_health.health.observation import Counts, Evidence, Observation, StageCounts
from dataflow_health.health.process import Process
from dataflow_health.health.report import CheckHealth, PartHealth
from dataflow_health.health.status import Status, worst


@dataclass(frozen=True)
class ProcessStatus:
    """What one process shows.

    Attributes:
        checks: As declared, then ``ledger`` and ``step`` where there are any.
        counts: All days together; None when it counts nothing.
        parts: Assets inside it.
        not_set_up: Names of optional checks that have nothing to ask.
    """

    checks: tuple[CheckHealth, ...]
    counts: Counts | None
    parts: tuple[PartHealth, ...]
    not_set_up: frozenset[str] = frozenset()

    @cached_property
    def status(self) -> Status:
        """Worst of its checks, but those not set up; nobody else considered."""
        return worst(check.status for check in self.checks if check.name not in self.not_set_up)

    @property
    def is_down(self) -> bool:
        """True when a live check says so, whoever is to blame."""
        return any(_is_live(check) and check.status is Status.FAILED for check in self.checks)

    @property
    def stops(self) -> bool:
        """True when its work fails by its own fault, so that nothing comes out for the next."""
        return any(_stops(check) and check.status is Status.FAILED for check in self.checks)

    def excused(self) -> "ProcessStatus":
        """The same with failures of its work, but not of its data, laid on somebody else."""
        return replace(self, checks=tuple(_excused(check) for check in self.checks))


def evaluate_process(
    process: Process,
    parts: Sequence[str],
    seen: Sequence[Observation | StageCounts],
    now: datetime,
    stale_after: timedelta,
) -> ProcessStatus:
    """Puts together what was seen of one process until now."""
    answers = [each for each in seen if isinstance(each, Observation)]
    by_day = _newest_counts([each for each in seen if isinstance(each, StageCounts)])
    data_at = {each.arrival_day: each.data_at for each in by_day if each.data_at}
    moment = EvaluationContext(now, stale_after, data_at)
    working = is_running(answers, moment) or any(each.running for each in by_day)
    moment = replace(moment, working=working, ended_at=last_success_at(answers))
    counts = sum((each for each in by_day), Counts()) if by_day else None
    checks = _checks(process, answers, moment)
    if counts is not None:
        checks.insert(len(process.checks), _ledger(by_day, counts))
    idle = _not_set_up(process, checks, moment)
    return ProcessStatus(
        tuple(checks), counts, _parts(process, parts, answers, moment, checks), idle
    )


def _checks(
    process: Process, answers: Sequence[Observation], moment: EvaluationContext
) -> list[CheckHealth]:
    by_check = defaultdict(list)
    for each in answers:
        by_check[each.check].append(each)
    checks = [evaluate_check(check, by_check[check.name], moment) for check in process.checks]
    step = evaluate_step(by_check[STEP], moment)
    return [*checks, step] if step else checks


def _not_set_up(
    process: Process, checks: Sequence[CheckHealth], moment: EvaluationContext
) -> frozenset[str]:
    """Optional checks that were told lately that there is nothing to ask."""
    optional = {each.name: each for each in process.checks if each.optional}
    return frozenset(
        each.name
        for each in checks
        if each.name in optional
        and (each.status, each.outcome) == (Status.UNKNOWN, "unknown")
        and _is_fresh(each, optional[each.name], moment)
    )


def _is_fresh(health: CheckHealth, check: Check, moment: EvaluationContext) -> bool:
    if health.at is None or isinstance(check, AssetCheck):
        return False
    return moment.now - health.at <= valid_for(check, moment.stale_after)


def _newest_counts(counted: Sequence[StageCounts]) -> list[StageCounts]:
    """The last count of each day, in the order of days."""
    newest: dict[str, StageCounts] = {}
    for each in sorted(counted, key=lambda each: (each.at, each.model_dump_json())):
        newest[str(each.arrival_day or "")] = each
    return [newest[day] for day in sorted(newest)]


def _ledger(by_day: Sequence[StageCounts], counts: Counts) -> CheckHealth:
    bad = [each for each in by_day if each.quarantined or each.unaccounted]
    faults = [f"{counts.quarantined} in quarantine"] if counts.quarantined else []
    if counts.unaccounted:
        faults.append(f"{counts.unaccounted} of {counts.incoming} unaccounted for")
    running = any(each.running for each in by_day)
    return CheckHealth(
        name=LEDGER,
        kind=LEDGER,
        status=Status.FAILED if bad else Status.RUNNING if running else Status.HEALTHY,
        describes="Everything that came in is accounted for, and nothing is in quarantine.",
        detail=", ".join(faults) or f"{counts.done} of {counts.incoming} done",
        outcome="failed" if bad else "running" if running else "passed",
        since=min((_bad_since(each) for each in bad), default=None),
        at=max(each.at for each in by_day),
        days=tuple(each.arrival_day for each in reversed(bad) if each.arrival_day),
        evidence=tuple(item for each in reversed(bad) for item in each.evidence),
    )


def _bad_since(counts: StageCounts) -> datetime:
    seen = [item.first_seen_at for item in counts.evidence if item.first_seen_at]
    return min(seen, default=counts.data_at or counts.at)


def _parts(
    process: Process,
    names: Sequence[str],
    answers: Sequence[Observation],
    moment: EvaluationContext,
    checks: Sequence[CheckHealth],
) -> tuple[PartHealth, ...]:
    by_part: Mapping[str, list[Observation]] = defaultdict(list)
    for each in answers:
        if each.part:
            by_part[each.part].append(each)
    return tuple(
        _part(process, name, by_part[name], moment) if name in by_part else _blamed(name, checks)
        for name in sorted({*names, *by_part})
    )


def _part(
    process: Process, name: str, answers: Sequence[Observation], moment: EvaluationContext
) -> PartHealth:
    asked = {each.check for each in answers}
    own = process.model_copy(update={"checks": tuple(c for c in process.checks if c.name in asked)})
    checks = _checks(own, answers, moment)
    status = worst(check.status for check in checks)
    telling = [check for check in checks if check.status is status]
    times = [check.since for check in telling if check.since]
    detail = "; ".join(f"{check.name}: {check.detail}" for check in telling if check.detail)
    return PartHealth(name=name, status=status, detail=detail, since=min(times, default=None))


def _blamed(name: str, checks: Sequence[CheckHealth]) -> PartHealth:
    """A part with no answer of its own: red where evidence names it, else as old as the rest."""
    for check in checks:
        for item in check.evidence if check.status in (Status.FAILED, Status.WARNING) else ():
            if item.part == name:
                detail = f"{check.name}: {item.found or item.reason}"
                return PartHealth(name=name, status=check.status, detail=detail, since=check.since)
    ages = [c.status for c in checks if c.kind == "asset_check" and c.status in _AGES]
    return PartHealth(name=name, status=worst(ages))


_AGES = (Status.HEALTHY, Status.RUNNING, Status.STALE)


def _is_live(check: CheckHealth) -> bool:
    return check.kind not in ("asset_check", LEDGER, STEP)


def _stops(check: CheckHealth) -> bool:
    return check.kind == STEP or _is_live(check)


def _excused(check: CheckHealth) -> CheckHealth:
    """A check that could not be done tells nothing of the data, so it counts as work."""
    work = _stops(check) or check.outcome == "errored"
    if work and check.status is Status.FAILED:
        return check.model_copy(update={"status": Status.BLOCKED})
    return check


def merge_evidence(checks: Sequence[CheckHealth]) -> tuple[Evidence, ...]:
    """Evidence of all checks, the FAILED ones' first, each place once."""
    ordered = sorted(checks, key=lambda check: check.status is not Status.FAILED)
    unique: dict[tuple[object, ...], Evidence] = {}
    for check in ordered:
        for item in check.evidence:
            unique.setdefault(_place(item), item)
    return tuple(unique.values())


def _place(item: Evidence) -> tuple[object, ...]:
    named = (item.reason, item.archive, item.member, item.recording_id, item.byte_offset)
    return named if any(named) else (item,)
