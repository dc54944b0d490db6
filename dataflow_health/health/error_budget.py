"""Promises with an error budget: how much of it is left, and how fast it burns.

Source: Google, The Site Reliability Workbook, chapter 5 "Alerting on SLOs", multiwindow,
multi-burn-rate alerts (tables 5-6 and 5-8).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from dataflow_health.health.frozen_model import Count, Duration, FrozenModel, Severity

BURN_WINDOWS: tuple[tuple[timedelta, timedelta, float, Severity], ...] = (
    (timedelta(hours=1), timedelta(minutes=5), 0.02, "error"),
    (timedelta(hours=6), timedelta(minutes=30), 0.05, "error"),
    (timedelta(days=3), timedelta(hours=6), 0.10, "warning"),
)
"""Long window, short window, share of the budget that may burn in the long one, what it makes.

In 30 days these are the workbook's rates 14.4, 6 and 1. The short window, a twelfth of the long,
ends the alert soon after the burning ends.
"""


class _ObjectiveBase(FrozenModel):
    """What all promises share.

    Attributes:
        describes: The promise in words.
        objective_pct: Share of good events that is promised.
        window: Over which time.
        min_events: Fewer in a window say nothing, so they raise no alarm.
        per: One budget for the fleet, or one for each aircraft.
    """

    describes: Annotated[str, Field(min_length=1)]
    objective_pct: Annotated[float, Field(gt=0, lt=100)]
    window: Duration = timedelta(days=30)
    min_events: Annotated[int, Field(ge=1)] = 20
    per: Literal["fleet", "tail"] = "fleet"


class LandingToSql(_ObjectiveBase):
    """Recordings whose answers are in SQL soon enough after they landed.

    Attributes:
        within: Soon enough. One that still waits longer is bad already.
    """

    kind: Literal["landing_to_sql"]
    within: Duration


class AcceptanceRate(_ObjectiveBase):
    """Things that a stage took, instead of refusing them.

    Attributes:
        stage: One of the eight.
    """

    kind: Literal["accepted"]
    stage: Annotated[str, Field(pattern=r"^[a-z]+$")]


Objective = Annotated[LandingToSql | AcceptanceRate, Field(discriminator="kind")]


class SloEvent(FrozenModel):
    """One thing that was promised something.

    Attributes:
        at: When it was settled, or was found late.
        good: Whether the promise was kept.
        tail: Aircraft.
    """

    at: AwareDatetime
    good: bool
    tail: str = ""


class BurnRate(FrozenModel):
    """How fast the budget burns in one pair of windows; 1 uses it up exactly by the window's end.

    Attributes:
        long: The long window.
        short: The short one.
        long_rate: Rate over the long window.
        short_rate: Rate over the short one.
        limit: Both above it raise the alarm.
        severity: What the alarm is.
        events: Events in the long window.
        firing: Whether it is raised.
        suppressed: True when it would be, but for too few events.
    """

    long: timedelta
    short: timedelta
    long_rate: float
    short_rate: float
    limit: float
    severity: Severity
    events: Count
    firing: bool
    suppressed: bool


class ErrorBudget(FrozenModel):
    """How a promise stands.

    Attributes:
        name: Of the objective.
        tail: Aircraft; empty for the fleet.
        objective_pct: What is promised.
        good_pct: What is kept; None without events.
        events: In the window.
        bad: Of them.
        left_pct: Share of the error budget that is left; below 0 when it is overdrawn.
        burns: One a pair of windows.
    """

    name: str
    tail: str = ""
    objective_pct: float
    good_pct: float | None
    events: Count
    bad: Count
    left_pct: float
    burns: tuple[BurnRate, ...]

    @property
    def severity(self) -> Severity | None:
        """Worst of the alarms raised; None when there is none."""
        raised = {burn.severity for burn in self.burns if burn.firing}
        return "error" if "error" in raised else "warning" if raised else None


def compute_budgets(
    name: str, objective: Objective, events: Iterable[SloEvent], now: datetime
) -> tuple[ErrorBudget, ...]:
    """How a promise stands: for the fleet, or for each aircraft that has events.

    Args:
        name: Of the objective.
        objective: As declared.
        events: In any order; what is outside the window is left out.
        now: The moment.
    """
    inside = [each for each in events if now - objective.window < each.at <= now]
    if objective.per == "fleet":
        return (compute_budget(name, objective, inside, now),)
    tails = sorted({each.tail for each in inside})
    return tuple(
        compute_budget(name, objective, [e for e in inside if e.tail == tail], now, tail=tail)
        for tail in tails
    )


def compute_budget(
    name: str, objective: Objective, events: Sequence[SloEvent], now: datetime, *, tail: str = ""
) -> ErrorBudget:
    """One budget over some events."""
    bad = sum(not each.good for each in events)
    allowed = 1 - objective.objective_pct / 100
    share = bad / len(events) if events else 0.0
    return ErrorBudget(
        name=name,
        tail=tail,
        objective_pct=objective.objective_pct,
        good_pct=100 * (1 - share) if events else None,
        events=len(events),
        bad=bad,
        left_pct=100 * (1 - share / allowed),
        burns=tuple(_burn(objective, events, allowed, now, *pair) for pair in BURN_WINDOWS),
    )


def _burn(
    objective: Objective,
    events: Sequence[SloEvent],
    allowed: float,
    now: datetime,
    long: timedelta,
    short: timedelta,
    share: float,
    severity: Severity,
) -> BurnRate:
    limit = share * (objective.window / long)
    in_long = [each for each in events if each.at > now - long]
    in_short = [each for each in in_long if each.at > now - short]
    long_rate, short_rate = _rate(in_long, allowed), _rate(in_short, allowed)
    burning = long_rate > limit and short_rate > limit
    enough = len(in_long) >= objective.min_events
    return BurnRate(
        long=long,
        short=short,
        long_rate=long_rate,
        short_rate=short_rate,
        limit=limit,
        severity=severity,
        events=len(in_long),
        firing=burning and enough,
        suppressed=burning and not enough,
    )


def _rate(events: Sequence[SloEvent], allowed: float) -> float:
    return sum(not each.good for each in events) / len(events) / allowed if events else 0.0
