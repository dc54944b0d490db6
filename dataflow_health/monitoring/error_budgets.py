"""How every promise stands, from the ledger."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from dataflow_health.health import error_budget
from dataflow_health.health.error_budget import ErrorBudget, LandingToSql, Objective, SloEvent
from dataflow_health.storage.queries import slo_events


def budgets(
    engine: Engine, objectives: Mapping[str, Objective], now: datetime
) -> tuple[ErrorBudget, ...]:
    """Every budget, by objective and aircraft.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    return tuple(
        budget
        for name, objective in objectives.items()
        for budget in error_budget.compute_budgets(
            name, objective, _events(engine, objective, now), now
        )
    )


def describe(budget: ErrorBudget) -> str:
    """One budget in one line."""
    whose = f" of {budget.tail}" if budget.tail else ""
    if budget.good_pct is None:
        return f"{budget.name}{whose}: nothing yet of {budget.objective_pct:g} %"
    kept = f"{budget.good_pct:.2f} % of {budget.objective_pct:g} %"
    burns = ", ".join(
        f"{burn.long_rate:.1f} times over {burn.long.total_seconds() / 3600:g} h"
        for burn in budget.burns
        if burn.firing
    )
    fast = f", burning {burns}" if burns else ""
    counts = f"{budget.bad} of {budget.events} late or refused"
    remaining = f"{budget.remaining_pct:.0f} % of the budget left"
    return f"{budget.name}{whose}: {kept}, {counts}, {remaining}{fast}"


def _events(engine: Engine, objective: Objective, now: datetime) -> list[SloEvent]:
    since = now - objective.window
    if isinstance(objective, LandingToSql):
        return slo_events.landing_events(engine, objective.within, since - objective.within, now)
    return slo_events.acceptance_events(engine, objective.stage, since)
