"""The life of an incident: opened after N failures in a row, closed after M passes, told once.

Pure: a look at a cause, what was counted of it so far and the incident that is open, if any, give
what is counted and open next. Seeing the same answer again changes nothing, so it does not matter
how often anybody looks, or whether a look was lost with its process.
"""

from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import Count, FrozenModel, Severity
from dataflow_health.health.observation import Evidence
from dataflow_health.health.problem import BlockedProcess, Problem

IncidentState = Literal["open", "acknowledged", "muted", "resolved"]
Resolution = Literal["false_alarm", "bad_data", "late", "fixed", "other", "recovered"]
"""``recovered``: by itself. The others are a person's."""
IncidentChange = Literal["", "opened", "updated", "flapping", "unmuted", "recovered"]

FLAP_WINDOW = timedelta(hours=1)
FLAPS = 4
"""Changes between failing and passing within the window that make a cause flap."""
CALM_AFTER = timedelta(minutes=20)
"""Without a change, after which it no longer flaps."""


class Streak(FrozenModel):
    """What was counted of one cause.

    Attributes:
        process: Where the cause is, ``check`` that shows it.
        failing: Failures in a row.
        passing: Passes in a row.
        answered_at: Newest answer that was counted.
        flips: When it changed between failing and passing, within the window.
        silenced: Failures that a person resolved although they stand: only more open it again.
    """

    process: str = ""
    check: str = ""
    failing: Count = 0
    passing: Count = 0
    answered_at: AwareDatetime | None = None
    flips: tuple[AwareDatetime, ...] = ()
    silenced: Count = 0

    @property
    def matters(self) -> bool:
        """False when forgetting it changes nothing."""
        return bool(self.failing or self.flips or self.silenced)


class CheckSample(FrozenModel):
    """One look at a cause.

    Attributes:
        trouble: What is wrong; None when nothing is.
        answered_at: When the check was answered; None when the answer says nothing, as while it
            runs or is stale.
        opens_after: Failures in a row that open an incident.
        closes_after: Passes in a row that close it.
    """

    trouble: Problem | None
    answered_at: AwareDatetime | None
    opens_after: int = 1
    closes_after: int = 1


class Incident(FrozenModel):
    """One cause, from its opening to its end.

    Attributes:
        id: Its number, 0 until it is kept.
        fingerprint: Of root process, check and cause.
        process: Where the fault is, ``check`` that shows it, ``cause`` its reason code.
        severity: Of the check.
        state: Where it is in its life.
        flapping: True while it comes and goes.
        flaps: How often it began to flap.
        failures: Things that fail by it now, ``most_failures`` the most there were.
        tails: Aircraft it ever concerned; ``days`` likewise.
        examples: Evidence of a few.
        detail: The measured value inside the condition, now or last.
        describes: What the check asserts.
        owner: Who is asked first.
        runbook: What to do.
        link: Page that shows the check.
        blocked: Who waits for it.
        likely: What explains it, with its numbers; empty when nothing clearly does.
        opened_at: Since when it fails.
        updated_at: When it last changed.
        closed_at: When it ended.
        acknowledged_by: Who looks after it, ``acknowledged_at`` since when.
        muted_until: When its mute expires, ``mute_ticket`` where it is dealt with, ``muted_by``
            whom, ``mutes`` how often.
        resolution: How it ended, ``resolved_by`` whom.
        note: What the last operator said.
    """

    id: int = 0
    fingerprint: str
    process: str
    check: str
    cause: str
    severity: Severity
    state: IncidentState = "open"
    flapping: bool = False
    flaps: Count = 0
    failures: Count
    most_failures: Count
    tails: tuple[str, ...] = ()
    days: tuple[date, ...] = ()
    examples: tuple[Evidence, ...] = ()
    detail: str = ""
    describes: str = ""
    owner: str = ""
    runbook: str = ""
    link: str = ""
    blocked: tuple[BlockedProcess, ...] = ()
    likely: str = ""
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: AwareDatetime | None = None
    muted_until: AwareDatetime | None = None
    mute_ticket: str = ""
    muted_by: str = ""
    mutes: Count = 0
    resolution: Resolution | None = None
    resolved_by: str = ""
    note: str = ""

    @property
    def level(self) -> Severity:
        """How loud it is: what comes and goes is a warning, whatever the check."""
        return "warning" if self.flapping else self.severity

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.closed_at is None

    def lasted(self, now: datetime) -> timedelta:
        """From its opening to its end, or until now."""
        return (self.closed_at or now) - self.opened_at


class Step(FrozenModel):
    """What follows from a look.

    Attributes:
        streak: What is counted now.
        incident: The one that is open now or was closed by this look; None when there is none.
        change: What became of it; empty when nothing did.
    """

    streak: Streak
    incident: Incident | None
    change: IncidentChange = ""


def step(look: CheckSample, streak: Streak, incident: Incident | None, now: datetime) -> Step:
    """Takes one look into account.

    Args:
        look: What was seen.
        streak: What was counted so far.
        incident: The one that is open, if any.
        now: The moment.
    """
    counted = count(look, streak, now)
    if incident is None:
        return _closed(look, counted, now)
    return _open(look, counted, incident, now)


def count(look: CheckSample, streak: Streak, now: datetime) -> Streak:
    """The streak after a look; an answer that was counted before, or none, changes nothing."""
    flips = tuple(at for at in streak.flips if at > now - FLAP_WINDOW)
    at = look.answered_at
    if at is None or (streak.answered_at is not None and at <= streak.answered_at):
        return streak.model_copy(update={"flips": flips})
    if look.trouble is None:
        flipped = (now,) if streak.failing else ()
        counted = {"failing": 0, "passing": streak.passing + 1, "silenced": 0}
    else:
        flipped = (now,) if streak.passing else ()
        counted = {"failing": streak.failing + 1, "passing": 0}
    return streak.model_copy(update={**counted, "answered_at": at, "flips": flips + flipped})


def _closed(look: CheckSample, streak: Streak, now: datetime) -> Step:
    trouble = look.trouble
    flaps = len(streak.flips) >= FLAPS
    if trouble is None or trouble.failures <= streak.silenced:
        return Step(streak=streak, incident=None)
    if streak.failing < look.opens_after and not flaps:
        return Step(streak=streak, incident=None)
    opened = Incident(
        **_seen(trouble),
        fingerprint=trouble.fingerprint,
        process=trouble.process,
        check=trouble.check,
        cause=trouble.cause,
        severity=trouble.severity,
        flapping=flaps,
        flaps=int(flaps),
        most_failures=trouble.failures,
        tails=trouble.tails,
        days=trouble.days,
        opened_at=min(trouble.since or now, now),
        updated_at=now,
    )
    return Step(streak=streak, incident=opened, change="opened")


def _open(look: CheckSample, streak: Streak, incident: Incident, now: datetime) -> Step:
    flaps = len(streak.flips) >= FLAPS
    flapping = flaps if not incident.flapping else not _calm(streak, now)
    if not flapping and streak.passing >= look.closes_after:
        return Step(streak=streak, incident=_recovered(incident, now), change="recovered")
    grown = _grown(incident, look.trouble)
    change: IncidentChange = ""
    if flapping and not incident.flapping:
        grown |= {"flapping": True, "flaps": incident.flaps + 1}
        change = "flapping"
    grown |= {"flapping": flapping}
    if incident.muted_until is not None and incident.muted_until <= now:
        grown |= {"state": "open", "muted_until": None}
        change = "unmuted"
    grown = {key: value for key, value in grown.items() if getattr(incident, key) != value}
    if not grown:
        return Step(streak=streak, incident=incident)
    updated = incident.model_copy(update={**grown, "updated_at": now})
    return Step(streak=streak, incident=updated, change=change or "updated")


def _calm(streak: Streak, now: datetime) -> bool:
    return not any(at > now - CALM_AFTER for at in streak.flips)


def _recovered(incident: Incident, now: datetime) -> Incident:
    ended = {"state": "resolved", "resolution": "recovered", "flapping": False, "failures": 0}
    return incident.model_copy(update={**ended, "closed_at": now, "updated_at": now})


def _grown(incident: Incident, trouble: Problem | None) -> dict[str, object]:
    """What a further failure, or one less, changes: it joins, and nobody is told again."""
    if trouble is None:
        return {}
    return {
        **_seen(trouble),
        "severity": trouble.severity,
        "most_failures": max(incident.most_failures, trouble.failures),
        "tails": tuple(sorted({*incident.tails, *trouble.tails})),
        "days": tuple(sorted({*incident.days, *trouble.days})),
    }


def _seen(trouble: Problem) -> dict[str, object]:
    names = (
        "failures", "examples", "detail", "describes", "owner", "runbook", "link", "blocked",
    )  # fmt: skip
    return {name: getattr(trouble, name) for name in names}
