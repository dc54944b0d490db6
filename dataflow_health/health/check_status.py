"""Status of one check, from its own observations only."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dataflow_health.health.check import STEP, AssetCheck, Check
from dataflow_health.health.ledger_check import LEDGER_CHECKS
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.health.report import CheckHealth
from dataflow_health.health.settled_days import SettledCheck
from dataflow_health.health.status import Status, worst

MISSED_INTERVALS = 3
"""A live check is stale after this many intervals without a result, and ``stale_after``."""

CHECKS_EXPECTED_WITHIN = timedelta(minutes=10)
"""Asset checks follow the stage's work in the same run; this long after it they are expected."""

FAILING_OUTCOMES = ("failed", "errored")
_OUTCOME_PRECEDENCE = ("unknown", "running", "passed", "errored", "failed")
"""Of observations with the same time the latest in this order counts, not the first to arrive."""


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """State of the process and the time at which its checks are evaluated.

    Attributes:
        now: Evaluation time, UTC.
        stale_after: Shortest time after which a live result is stale.
        data_at: Last change of the process's data, by arrival day; None for all days together.
        working: True while the process runs, so that results of its checks will follow.
        ended_at: End of its last successful run, by arrival day.
        settled_data_at: Newest change of the data of settled days, which the above leave out.
    """

    now: datetime
    stale_after: timedelta
    data_at: Mapping[date | None, datetime]
    working: bool = False
    ended_at: Mapping[date | None, datetime] = field(default_factory=dict)
    settled_data_at: datetime | None = None

    def expects_newer(self, result: "CheckResult") -> bool:
        """True when a run ended after the result and recently: its own result follows."""
        if result.day is None:
            ended_at = max(self.ended_at.values(), default=None)
        else:
            ended_at = self.ended_at.get(result.day)
        if ended_at is None or self.now - ended_at > CHECKS_EXPECTED_WITHIN:
            return False
        return result.observation is None or result.observation.at < ended_at

    def newest_data_at(self, day: date | None) -> datetime | None:
        """Last change of the data of a day; of any day for None."""
        if day is None:
            known = (*self.data_at.values(), self.settled_data_at)
            return max((each for each in known if each), default=None)
        return self.data_at.get(day)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Status of one check on one day and in one part of the process.

    Attributes:
        status: The status.
        since: Start of the status; None when unknown.
        observation: The observation that decides it; None without any.
        day: Arrival day; None for the process as a whole.
        detail: Measured value or reason.
    """

    status: Status
    since: datetime | None
    observation: Observation | None = None
    day: date | None = None
    detail: str = ""


def evaluate_check(
    check: Check,
    observations: Sequence[Observation],
    context: EvaluationContext,
    settled: SettledCheck | None = None,
) -> CheckHealth:
    """Health of one declared check.

    Args:
        check: The check as declared.
        observations: All observations of this check until now, in any order, but those of settled
            days.
        context: State of the process.
        settled: Results on settled days.
    """
    groups = _by_day_and_part(observations).values()
    results = [_result(check, group, context) for group in groups] + _settled_result(settled)
    if isinstance(check, AssetCheck) and results:
        results += _unchecked_days(observations, context, settled)
    if not any(result.observation for result in results):
        results = [CheckResult(Status.UNKNOWN, None, detail="never observed")]
    expected = [_running_if_expected(check, result, context) for result in results]
    return _combine(check, expected, observations, settled)


def evaluate_step(
    observations: Sequence[Observation],
    context: EvaluationContext,
    settled: SettledCheck | None = None,
) -> CheckHealth | None:
    """Health of the stage's own run; None when no run was ever observed."""
    if not observations and settled is None:
        return None
    check = AssetCheck(kind="asset_check", name=STEP, describes="The stage's own run succeeded.")
    groups = _by_day_and_part(observations).values()
    results = [_step_result(group, context) for group in groups] + _settled_result(settled)
    return _combine(check, results, observations, settled).model_copy(update={"kind": STEP})


def is_running(observations: Iterable[Observation], context: EvaluationContext) -> bool:
    """True when the newest observation of the stage's own run on any day is ``running``."""
    groups = _by_day_and_part(each for each in observations if each.check == STEP).values()
    return any(_runs(newest(group), context) for group in groups)


def last_success_at(observations: Iterable[Observation]) -> dict[date | None, datetime]:
    """End of the stage's newest run by arrival day, for days on which that run succeeded."""
    groups = _by_day_and_part(each for each in observations if each.check == STEP)
    newest_by_day = ((day, newest(group)) for (day, _), group in groups.items())
    return {day: run.at for day, run in newest_by_day if run.outcome == "passed"}


def newest(observations: Sequence[Observation]) -> Observation:
    """The observation that counts; independent of the order of the sequence."""
    if len(observations) == 1:
        return observations[0]
    top = max((each.at, _OUTCOME_PRECEDENCE.index(each.outcome)) for each in observations)
    tied = [
        each for each in observations if (each.at, _OUTCOME_PRECEDENCE.index(each.outcome)) == top
    ]
    return tied[0] if len(tied) == 1 else max(tied, key=lambda each: each.model_dump_json())


def valid_for(check: LiveCheck, stale_after: timedelta) -> timedelta:
    """Time after which a result of a live check is stale."""
    return max(stale_after, MISSED_INTERVALS * check.every + check.within)


def _by_day_and_part(
    observations: Iterable[Observation],
) -> Mapping[tuple[date | None, str], list[Observation]]:
    groups: dict[tuple[date | None, str], list[Observation]] = defaultdict(list)
    for each in observations:
        groups[each.arrival_day, each.part].append(each)
    return groups


def _result(
    check: Check, observations: Sequence[Observation], context: EvaluationContext
) -> CheckResult:
    """Status of one day and part: a running check counts unless the result before it failed."""
    finished = [each for each in observations if each.outcome != "running"]
    latest = newest(observations)
    if _runs(latest, context) and not _ended_badly(finished):
        return _as_result(Status.RUNNING, latest, observations)
    if not finished:
        return _as_result(Status.UNKNOWN, latest, observations)
    latest = newest(finished)
    if latest.outcome in FAILING_OUTCOMES:
        return _as_result(_failure_status(latest), latest, finished)
    if latest.outcome == "unknown":
        return _as_result(Status.UNKNOWN, latest, finished)
    stale_since = _stale_since(check, latest, context)
    if stale_since:
        detail = f"older than the newest data; last result: {latest.detail or latest.outcome}"
        return CheckResult(Status.STALE, stale_since, latest, latest.arrival_day, detail)
    return _as_result(Status.HEALTHY, latest, finished)


def _step_result(observations: Sequence[Observation], context: EvaluationContext) -> CheckResult:
    """Status of the stage's run: a finished run never goes stale, one that died does."""
    finished = [each for each in observations if each.outcome != "running"]
    latest = newest(observations)
    if latest.outcome == "running" and not _ended_badly(finished):
        status = Status.RUNNING if _runs(latest, context) else Status.STALE
        return _as_result(status, latest, observations)
    latest = newest(finished)
    failing = latest.outcome in FAILING_OUTCOMES
    status = _failure_status(latest) if failing else Status.HEALTHY
    return _as_result(status, latest, finished)


def _runs(latest: Observation, context: EvaluationContext) -> bool:
    return latest.outcome == "running" and latest.at >= context.now - context.stale_after


def _ended_badly(finished: Sequence[Observation]) -> bool:
    return bool(finished) and newest(finished).outcome in FAILING_OUTCOMES


def _failure_status(observation: Observation) -> Status:
    return Status.WARNING if observation.severity == "warning" else Status.FAILED


def _settled_result(settled: SettledCheck | None) -> list[CheckResult]:
    if settled is None:
        return []
    newest_ = settled.newest
    day, detail = newest_.arrival_day, newest_.detail
    return [CheckResult(Status.HEALTHY, settled.since, newest_, day, detail)]


def _as_result(
    status: Status, latest: Observation, observations: Sequence[Observation]
) -> CheckResult:
    since = _since(latest, observations)
    return CheckResult(status, since, latest, latest.arrival_day, latest.detail)


def _since(latest: Observation, observations: Sequence[Observation]) -> datetime:
    """Start of the unbroken sequence of observations with the newest outcome."""
    start = latest.since_at or latest.at
    if len(observations) == 1:
        return start
    for each in sorted(observations, key=lambda each: each.at, reverse=True):
        if each.outcome != latest.outcome and each.at < latest.at:
            break
        if each.outcome == latest.outcome:
            start = min(start, each.since_at or each.at)
    return start


def _stale_since(check: Check, latest: Observation, context: EvaluationContext) -> datetime | None:
    """Time from which a passed result is stale; None while it is valid."""
    if isinstance(check, AssetCheck):
        data_at = context.newest_data_at(latest.arrival_day)
        return data_at if data_at and data_at > latest.covers_data_until else None
    if isinstance(check, LEDGER_CHECKS):
        return None
    expires_at = latest.at + valid_for(check, context.stale_after)
    return expires_at if expires_at < context.now else None


def _unchecked_days(
    observations: Sequence[Observation], context: EvaluationContext, settled: SettledCheck | None
) -> list[CheckResult]:
    """Stale results for days with data that the check has not covered."""
    covered = {each.arrival_day for each in observations}
    if None in covered:
        return []
    through_at = [settled.through_at] if settled else []
    until_at = max([*through_at, *(each.covers_data_until for each in observations)])
    return [
        CheckResult(Status.STALE, data_at, None, day, f"has not checked {day or 'the newest data'}")
        for day, data_at in context.data_at.items()
        if (until_at < data_at if day is None else day not in covered)
    ]


def _running_if_expected(
    check: Check, result: CheckResult, context: EvaluationContext
) -> CheckResult:
    """A stale or unknown result is RUNNING while the process works or a newer one is expected."""
    expected = context.working or (isinstance(check, AssetCheck) and context.expects_newer(result))
    if expected and result.status in (Status.STALE, Status.UNKNOWN):
        return CheckResult(Status.RUNNING, None, result.observation, result.day, result.detail)
    return result


def _combine(
    check: Check,
    results: Sequence[CheckResult],
    observations: Sequence[Observation],
    settled: SettledCheck | None,
) -> CheckHealth:
    """The worst result of all days and parts."""
    known: list[Observation | SettledCheck] = [*observations, *([settled] if settled else [])]
    status = worst(result.status for result in results)
    deciding = sorted(
        (result for result in results if result.status is status), key=_priority, reverse=True
    )
    starts = [result.since for result in deciding if result.since]
    first = deciding[0]
    return CheckHealth(
        name=check.name,
        kind=check.kind,
        status=status,
        severity=first.observation.severity if first.observation else check.severity,
        describes=check.describes,
        detail=first.detail,
        outcome=first.observation.outcome if first.observation else None,
        since=(max if status is Status.HEALTHY else min)(starts, default=None),
        at=max((each.at for each in known), default=None),
        days=_attention_days(status, deciding),
        evidence=_evidence(results),
        link=max((each.link for each in known if each.link), default=""),
    )


def _attention_days(status: Status, results: Sequence[CheckResult]) -> tuple[date, ...]:
    """Arrival days of the results; none when healthy, as that may be every day there ever was."""
    if status is Status.HEALTHY:
        return ()
    return tuple(result.day for result in results if result.day)


def _priority(result: CheckResult) -> tuple[bool, date, str]:
    """A failed check before one that could not run, then the newest day."""
    failed = result.observation is not None and result.observation.outcome == "failed"
    return failed, result.day or date.min, result.detail


def _evidence(results: Sequence[CheckResult]) -> tuple[Evidence, ...]:
    """Evidence of all failing results, newest first, without duplicates."""
    failing = [
        result.observation
        for result in results
        if result.observation and result.status in (Status.FAILED, Status.WARNING)
    ]
    ordered = sorted(failing, key=lambda each: (each.at, each.model_dump_json()), reverse=True)
    return tuple(dict.fromkeys(item for each in ordered for item in each.evidence))
