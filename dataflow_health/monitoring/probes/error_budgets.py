"""Kind ``error_budgets``: no error budget burns fast enough for an alarm of its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dataflow_health.health.error_budget import AcceptanceRate, ErrorBudget, Objective
from dataflow_health.health.incident import Incident
from dataflow_health.health.self_check import ErrorBudgets
from dataflow_health.monitoring import error_budgets
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import LISTED, ProbeContext, ProbeResult
from dataflow_health.storage.records import incidents


def probe(check: ErrorBudgets, context: ProbeContext) -> ProbeResult:
    """Fails while a budget raises an alarm of the check's severity that no open incident explains.

    One cause is one incident: a budget that burns because a stage refuses recordings joins the
    incident of that stage, and has an alarm of its own only if it still burns afterwards.
    """
    objectives = installation.valid_catalogue(context).slos
    with installation.ledger(context) as engine:
        budgets = error_budgets.budgets(engine, objectives, context.now)
        burning = [each for each in budgets if each.severity == check.severity]
        opened = incidents.find(engine, is_open=True) if burning else []
    joined = {
        each.name: found
        for each in burning
        if (found := _explanation(objectives[each.name], each, opened, context.now))
    }
    alone = [each for each in burning if each.name not in joined]
    shown = (alone or burning or budgets)[:LISTED]
    lines = "; ".join(_describe(each, joined) for each in shown)
    return ProbeResult("failed" if alone else "passed", lines or "no objective is declared")


def _explanation(
    objective: Objective, budget: ErrorBudget, opened: Sequence[Incident], now: datetime
) -> Incident | None:
    """The open incident of what the objective depends on: its stage, or any process of the way.

    An incident that is muted, or that refused items before the time that the alarm looks at, must
    not hide that results have become late since.
    """
    stage = objective.stage if isinstance(objective, AcceptanceRate) else None
    since = now - max(burn.long for burn in budget.burns if burn.firing)
    return next(
        (
            each
            for each in opened
            if each.problem.severity == "error"
            and each.state != "muted"
            and each.problem.process != "overview"
            and stage in (None, each.problem.process)
            and (stage or not each.problem.quarantined or each.opened_at >= since)
        ),
        None,
    )


def _describe(budget: ErrorBudget, joined: Mapping[str, Incident]) -> str:
    line = error_budgets.describe(budget)
    cause = joined.get(budget.name)
    return f"{line}, explained by incident {cause.id} of {cause.problem.process}" if cause else line
