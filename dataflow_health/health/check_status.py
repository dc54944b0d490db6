"""One check at a time: its answers become its status. Nothing here looks at another process."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from dataflow_health.health.check import STEP, AssetCheck, Check
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.health.report import CheckHealth
from dataflow_health.health.status import Status, worst

MISSED_INTERVALS = 3
"""A live check that missed this many rounds is stale, if ``stale_after`` has passed too."""

CHECKS_EXPECTED_WITHIN = timedelta(minutes=10)
"""A stage's checks are asked after its work, in the same run; so long they are awaited."""

FAILING_OUTCOMES = ("failed", "errored")
_OUTCOME_PRECEDENCE = ("unknown", "running", "passed", "errored", "failed")
"""Of two answers with one time the later of these counts, so that order never decides."""


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """What a check is held against.

    Attributes:
        now: The moment of the verdict.
        stale_after: Live answers older than this are stale.
        data_at: When the process's data last changed, by arrival day (None: day not told).
        working: True when the process is at work, so that its checks will follow.
        ended_at: When its own run last ended well, by arrival day.
    """

    now: datetime
    stale_after: timedelta
    data_at: Mapping[date | None, datetime]
    working: bool = False
    ended_at: Mapping[date | None, datetime] = field(default_factory=dict)

    def awaits(self, answer: "CheckResult") -> bool:
        """Whether the run that makes an answer old ended just now, so that a newer one follows."""
        ended_at = self.ended_at.get(answer.day) if answer.day else None
        if answer.day is None:
            ended_at = max(self.ended_at.values(), default=None)
        if ended_at is None or self.now - ended_at > CHECKS_EXPECTED_WITHIN:
            return False
        return answer.observation is None or answer.observation.at < ended_at

    def newest_data_at(self, day: date | None) -> datetime | None:
        """When data of a day last changed; of any day for None."""
        if day is None:
            return max(self.data_at.values(), default=None)
        return self.data_at.get(day)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check on one day of one part, settled."""

    status: Status
    since: datetime | None
    observation: Observation | None = None
    day: date | None = None
    detail: str = ""


def evaluate_check(
    check: Check, observations: Sequence[Observation], moment: EvaluationContext
) -> CheckHealth:
    """The status of one declared check.

    Args:
        check: As declared.
        observations: All of this check until now, in any order.
        moment: What they are held against.
    """
    answers = [_answer(check, told, moment) for told in _by_place(observations).values()]
    if isinstance(check, AssetCheck) and observations:
        answers += _uncovered_days(observations, moment)
    if not any(answer.observation for answer in answers):
        answers = [CheckResult(Status.UNKNOWN, None, detail="never observed")]
    told = [_while_working(check, answer, moment) for answer in answers]
    return _summed(check, told, observations)


def evaluate_step(
    observations: Sequence[Observation], moment: EvaluationContext
) -> CheckHealth | None:
    """The status of the stage's own run; None when none was ever seen."""
    if not observations:
        return None
    check = AssetCheck(kind="asset_check", name=STEP, describes="The stage's own run ended well.")
    answers = [_step_answer(told, moment) for told in _by_place(observations).values()]
    return _summed(check, answers, observations).model_copy(update={"kind": STEP})


def is_running(observations: Iterable[Observation], moment: EvaluationContext) -> bool:
    """Whether any newest answer of the stage's own run says that it runs."""
    places = _by_place([each for each in observations if each.check == STEP])
    return any(_runs(newest(told), moment) for told in places.values())


def last_success_at(observations: Iterable[Observation]) -> dict[date | None, datetime]:
    """When the stage's own run last ended well, by arrival day; not where the last one failed."""
    places = _by_place([each for each in observations if each.check == STEP])
    lasts = ((day, newest(told)) for (day, _), told in places.items())
    return {day: last.at for day, last in lasts if last.outcome == "passed"}


def newest(observations: Sequence[Observation]) -> Observation:
    """The answer that counts; the same one in whatever order they come."""
    if len(observations) == 1:
        return observations[0]
    top = max((each.at, _OUTCOME_PRECEDENCE.index(each.outcome)) for each in observations)
    tied = [
        each for each in observations if (each.at, _OUTCOME_PRECEDENCE.index(each.outcome)) == top
    ]
    return tied[0] if len(tied) == 1 else max(tied, key=lambda each: each.model_dump_json())


def _by_place(
    observations: Iterable[Observation],
) -> Mapping[tuple[date | None, str], list[Observation]]:
    places: dict[tuple[date | None, str], list[Observation]] = defaultdict(list)
    for each in observations:
        places[each.arrival_day, each.part].append(each)
    return places


def _answer(check: Check, told: Sequence[Observation], moment: EvaluationContext) -> CheckResult:
    settled = [each for each in told if each.outcome != "running"]
    latest = newest(told)
    if _runs(latest, moment) and not (settled and newest(settled).outcome in FAILING_OUTCOMES):
        return _as(Status.RUNNING, latest, told)
    if not settled:
        return _as(Status.UNKNOWN, latest, told)
    latest = newest(settled)
    if latest.outcome in FAILING_OUTCOMES:
        return _as(_failing(latest), latest, settled)
    if latest.outcome == "unknown":
        return _as(Status.UNKNOWN, latest, settled)
    stale_since = _stale_since(check, latest, moment)
    if stale_since:
        detail = f"older than the newest data; then: {latest.detail or latest.outcome}"
        return CheckResult(Status.STALE, stale_since, latest, latest.arrival_day, detail)
    return _as(Status.HEALTHY, latest, settled)


def _step_answer(told: Sequence[Observation], moment: EvaluationContext) -> CheckResult:
    """A run is no check on data, so it never goes stale; a dead one that "runs" does."""
    settled = [each for each in told if each.outcome != "running"]
    latest = newest(told)
    if latest.outcome == "running" and not (
        settled and newest(settled).outcome in FAILING_OUTCOMES
    ):
        status = Status.RUNNING if _runs(latest, moment) else Status.STALE
        return _as(status, latest, told)
    latest = newest(settled)
    status = _failing(latest) if latest.outcome in FAILING_OUTCOMES else Status.HEALTHY
    return _as(status, latest, settled)


def _runs(latest: Observation, moment: EvaluationContext) -> bool:
    return latest.outcome == "running" and latest.at >= moment.now - moment.stale_after


def _failing(observation: Observation) -> Status:
    return Status.WARNING if observation.severity == "warning" else Status.FAILED


def _as(status: Status, latest: Observation, told: Sequence[Observation]) -> CheckResult:
    return CheckResult(status, _since(latest, told), latest, latest.arrival_day, latest.detail)


def _since(latest: Observation, told: Sequence[Observation]) -> datetime:
    """Start of the unbroken run of the newest outcome."""
    start = latest.since_at or latest.at
    for each in sorted(told, key=lambda each: each.at, reverse=True):
        if each.outcome != latest.outcome and each.at < latest.at:
            break
        if each.outcome == latest.outcome:
            start = min(start, each.since_at or each.at)
    return start


def _stale_since(check: Check, latest: Observation, moment: EvaluationContext) -> datetime | None:
    """When a passed answer stopped being worth believing, None while it is."""
    if isinstance(check, AssetCheck):
        data_at = moment.newest_data_at(latest.arrival_day)
        return data_at if data_at and data_at > latest.looked_until_at else None
    ended_at = latest.at + valid_for(check, moment.stale_after)
    return ended_at if ended_at < moment.now else None


def valid_for(check: LiveCheck, stale_after: timedelta) -> timedelta:
    """How long an answer of a live check is worth something."""
    return max(stale_after, MISSED_INTERVALS * check.every + check.within)


def _uncovered_days(
    observations: Sequence[Observation], moment: EvaluationContext
) -> list[CheckResult]:
    """Days that hold data which this check never looked at."""
    looked: dict[date | None, datetime] = {}
    for each in observations:
        for day in (each.arrival_day, None):
            looked[day] = max(looked.get(day, each.looked_until_at), each.looked_until_at)
    whole = any(each.arrival_day is None for each in observations)
    return [
        CheckResult(
            Status.STALE, data_at, None, day, f"has not looked at {day or 'the newest data'}"
        )
        for day, data_at in moment.data_at.items()
        if not whole and (day not in looked or (day is None and looked[None] < data_at))
    ]


def _while_working(check: Check, answer: CheckResult, moment: EvaluationContext) -> CheckResult:
    """While the process works, and until its checks are asked, what is old is on its way."""
    coming = moment.working or (isinstance(check, AssetCheck) and moment.awaits(answer))
    if coming and answer.status in (Status.STALE, Status.UNKNOWN):
        return CheckResult(Status.RUNNING, None, answer.observation, answer.day, answer.detail)
    return answer


def _summed(
    check: Check, answers: Sequence[CheckResult], observations: Sequence[Observation]
) -> CheckHealth:
    status = worst(answer.status for answer in answers)
    deciding = sorted(
        (answer for answer in answers if answer.status is status),
        key=_telling,
        reverse=True,
    )
    times = [answer.since for answer in deciding if answer.since]
    first = deciding[0]
    return CheckHealth(
        name=check.name,
        kind=check.kind,
        status=status,
        severity=first.observation.severity if first.observation else check.severity,
        describes=check.describes,
        detail=first.detail,
        outcome=first.observation.outcome if first.observation else None,
        since=(max if status is Status.HEALTHY else min)(times, default=None),
        at=max((each.at for each in observations), default=None),
        days=tuple(answer.day for answer in deciding if answer.day),
        evidence=_failing_evidence(answers),
        link=max((each.link for each in observations if each.link), default=""),
    )


def _telling(answer: CheckResult) -> tuple[bool, date, str]:
    """A check that failed tells more than one that could not be done; then the newest day."""
    failed = answer.observation is not None and answer.observation.outcome == "failed"
    return failed, answer.day or date.min, answer.detail


def _failing_evidence(answers: Sequence[CheckResult]) -> tuple[Evidence, ...]:
    failing = [
        answer.observation
        for answer in answers
        if answer.observation and answer.status in (Status.FAILED, Status.WARNING)
    ]
    ordered = sorted(failing, key=lambda each: (each.at, each.model_dump_json()), reverse=True)
    return tuple(dict.fromkeys(item for each in ordered for item in each.evidence))
