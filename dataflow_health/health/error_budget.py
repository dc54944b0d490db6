"""Service level objectives: the remaining error budget and how fast it burns.

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
"""Long window, short window, share of the budget that may burn in the long window, severity.

Over 30 days these are the workbook's burn rates 14.4, 6 and 1. The short window, a twelfth of the
long one, ends the alert soon after the burning ends.
"""


class _ObjectiveBase(FrozenModel):
    """Fields of every objective.

    Attributes:
        describes: The objective in words.
        objective_pct: Required share of good events.
        window: Time over which the share is measured.
        min_events: Minimum number of events in a long window; with fewer, no alert fires.
        per: One budget for the fleet, or one per aircraft.
    """

    describes: Annotated[str, Field(min_length=1)]
    objective_pct: Annotated[float, Field(gt=0, lt=100)]
    window: Duration = timedelta(days=30)
    min_events: Annotated[int, Field(ge=1)] = 20
    per: Literal["fleet", "tail"] = "fleet"


class LandingToSql(_ObjectiveBase):
    """Recordings whose results are in SQL within a time limit after they landed.

    Attributes:
        within: Time limit. A recording that waits longer is bad before it is finished.
    """

    kind: Literal["landing_to_sql"]
    within: Duration


class AcceptanceRate(_ObjectiveBase):
    """Items that a stage accepted instead of refusing them.

    Attributes:
        stage: Name of the stage.
    """

    kind: Literal["accepted"]
    stage: Annotated[str, Field(pattern=r"^[a-z]+$")]


Objective = Annotated[LandingToSql | AcceptanceRate, Field(discriminator="kind")]


class SloEvent(FrozenModel):
    """One item that counts towards an objective.

    Attributes:
        at: Time when it was finished, or exceeded the time limit.
        good: True when it met the objective.
        tail: Aircraft.
    """

    at: AwareDatetime
    good: bool
    tail: str = ""


class BurnRate(FrozenModel):
    """Burn rate in one pair of windows; at rate 1 the budget is used up when its window ends.

    Attributes:
        long: Long window.
        short: Short window.
        long_rate: Rate over the long window.
        short_rate: Rate over the short window.
        limit: The alert fires when both rates are above it.
        severity: Severity of the alert.
        events: Number of events in the long window.
        firing: True when the alert fires.
        suppressed: True when it would fire, but there are too few events.
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
    """Error budget of one objective.

    Attributes:
        name: Name of the objective.
        tail: Aircraft; empty for the fleet.
        objective_pct: Required share of good events.
        good_pct: Actual share of good events; None without events.
        events: Number of events in the window.
        bad: Number of bad events in the window.
        remaining_pct: Remaining share of the error budget; negative when it is overspent.
        burns: Burn rates, one per pair of windows.
    """

    name: str
    tail: str = ""
    objective_pct: float
    good_pct: float | None
    events: Count
    bad: Count
    remaining_pct: float
    burns: tuple[BurnRate, ...]

    @property
    def severity(self) -> Severity | None:
        """Worst severity of the firing alerts; None when none fires."""
        firing = {burn.severity for burn in self.burns if burn.firing}
        return "error" if "error" in firing else "warning" if firing else None


def compute_budgets(
    name: str, objective: Objective, events: Iterable[SloEvent], now: datetime
) -> tuple[ErrorBudget, ...]:
    """Error budgets of an objective: one for the fleet, or one per aircraft with events.

    Args:
        name: Name of the objective.
        objective: The objective as declared.
        events: Events in any order; those outside the window are ignored.
        now: Current time, UTC.
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
    """Error budget over some events."""
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
        remaining_pct=100 * (1 - share / allowed),
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
