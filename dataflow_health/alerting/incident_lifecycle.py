"""Life cycle of an incident: opens after N consecutive failures, closes after M passes.

Pure functions: a check sample, the streak so far and the open incident, if any, give the next
streak and incident. A sample with a check result that was counted before changes nothing, so
neither frequent samples nor a lost one change the outcome.
"""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.health.incident import Incident, Streak
from dataflow_health.health.problem import Problem

IncidentChange = Literal["", "opened", "updated", "flapping", "unmuted", "recovered"]

FLAP_WINDOW = timedelta(hours=1)
FLAPS = 5
"""Changes between failing and passing within the window that make an incident flap: an outage that
comes back once is two incidents, each with its own end; the third one in an hour flaps."""
STABLE_AFTER = timedelta(minutes=20)
"""Time without a change after which an incident no longer flaps."""


class CheckSample(FrozenModel):
    """State of one cause at one time.

    Attributes:
        problem: The problem; None when the cause does not exist.
        checked_at: Time of the check result; None when the result says nothing about now, as while
            the check runs or is stale.
        opens_after: Consecutive failures that open an incident.
        closes_after: Consecutive passes that close it.
    """

    problem: Problem | None
    checked_at: AwareDatetime | None
    opens_after: int = 1
    closes_after: int = 1


class Step(FrozenModel):
    """Result of one sample.

    Attributes:
        streak: Streak including the sample.
        incident: Incident that is open, or that the sample closed; None without any.
        change: Change of the incident; empty when nothing changed.
    """

    streak: Streak
    incident: Incident | None
    change: IncidentChange = ""


def step(sample: CheckSample, streak: Streak, incident: Incident | None, now: datetime) -> Step:
    """Next streak and incident after a sample.

    Args:
        sample: State of the cause.
        streak: Streak before the sample.
        incident: Open incident of the cause, if any.
        now: Current time.
    """
    counted = count(sample, streak, now, may_flap=not _is_of_refused_items(sample, incident))
    if incident is None:
        return _step_without_incident(sample, counted, now)
    return _step_with_incident(sample, counted, incident, now)


def _is_of_refused_items(sample: CheckSample, incident: Incident | None) -> bool:
    """Whether the cause is items in quarantine.

    These never come and go by themselves: the next refused item is news, and a pass is the work of
    an operator, who wrote them off or replayed them.
    """
    problem = sample.problem or (incident.problem if incident else None)
    return problem is not None and problem.quarantined


def count(sample: CheckSample, streak: Streak, now: datetime, *, may_flap: bool = True) -> Streak:
    """Streak including the sample; a result counted before, or none, leaves the counts alone.

    A streak with a later time than now is from before the clock was set back: any result is new,
    and its later changes do not count.

    Args:
        sample: State of the cause.
        streak: Streak before the sample.
        now: Current time, UTC.
        may_flap: Whether changes between failing and passing are counted.
    """
    flipped_at = tuple(at for at in streak.flipped_at if now - FLAP_WINDOW < at <= now)
    at, last_at = sample.checked_at, streak.checked_at
    if at is None or (last_at is not None and at <= last_at <= now):
        return streak.model_copy(update={"flipped_at": flipped_at})
    if sample.problem is None:
        flipped = streak.failing > 0
        counts = {"failing": 0, "passing": streak.passing + 1, "accepted_failures": 0}
    else:
        flipped = streak.passing > 0
        counts = {"failing": streak.failing + 1, "passing": 0}
    flipped_at += (now,) if flipped and may_flap else ()
    return streak.model_copy(update={**counts, "checked_at": at, "flipped_at": flipped_at})


def _step_without_incident(sample: CheckSample, streak: Streak, now: datetime) -> Step:
    problem = sample.problem
    flaps = len(streak.flipped_at) >= FLAPS
    if problem is None or streak.accepts(problem):
        return Step(streak=streak, incident=None)
    if streak.failing < sample.opens_after and not flaps:
        return Step(streak=streak, incident=None)
    opened = Incident(
        problem=problem,
        flapping=flaps,
        flap_count=int(flaps),
        max_failures=problem.failures,
        opened_at=min(problem.since or now, now),
        updated_at=now,
    )
    return Step(streak=streak, incident=opened, change="opened")


def _step_with_incident(
    sample: CheckSample, streak: Streak, incident: Incident, now: datetime
) -> Step:
    flapping = _flaps(streak, incident, now)
    if not flapping and streak.passing >= sample.closes_after:
        return Step(streak=streak, incident=_recovered(incident, now), change="recovered")
    change: IncidentChange = ""
    update: dict[str, object] = {"flapping": flapping, **_updated_problem(incident, sample.problem)}
    if flapping and not incident.flapping:
        update |= {"flap_count": incident.flap_count + 1}
        change = "flapping"
    if incident.muted_until is not None and incident.muted_until <= now:
        update |= {"state": "open", "muted_until": None}
        change = "unmuted"
    updated = incident.model_copy(update=update)
    if updated == incident:
        return Step(streak=streak, incident=incident)
    updated = updated.model_copy(update={"updated_at": now})
    return Step(streak=streak, incident=updated, change=change or "updated")


def _flaps(streak: Streak, incident: Incident, now: datetime) -> bool:
    """Starts with enough changes in the window; ends when the streak has been stable."""
    if incident.flapping:
        return any(at > now - STABLE_AFTER for at in streak.flipped_at)
    return len(streak.flipped_at) >= FLAPS


def _recovered(incident: Incident, now: datetime) -> Incident:
    return incident.model_copy(
        update={
            "problem": incident.problem.model_copy(update={"failures": 0}),
            "state": "resolved",
            "resolution": "recovered",
            "flapping": False,
            "closed_at": now,
            "updated_at": now,
        }
    )


def _updated_problem(incident: Incident, problem: Problem | None) -> dict[str, object]:
    """Fields that a larger or smaller problem changes: it joins the incident."""
    if problem is None:
        return {}
    before = incident.problem
    joined = problem.model_copy(
        update={
            "tails": tuple(sorted({*before.tails, *problem.tails})),
            "days": tuple(sorted({*before.days, *problem.days})),
            "since": before.since,
        }
    )
    return {"problem": joined, "max_failures": max(incident.max_failures, problem.failures)}
