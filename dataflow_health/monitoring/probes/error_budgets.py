"""Kind ``error_budgets``: no error budget burns fast enough for an alarm."""

from dataflow_health.health.self_check import ErrorBudgets
from dataflow_health.monitoring import error_budgets
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import LISTED, ProbeContext, ProbeResult


def probe(check: ErrorBudgets, context: ProbeContext) -> ProbeResult:
    """Fails while a budget raises an alarm of the check's severity."""
    objectives = installation.valid_catalogue(context).slos
    with installation.ledger(context) as engine:
        budgets = error_budgets.budgets(engine, objectives, context.now)
    burning = [each for each in budgets if each.severity == check.severity]
    lines = "; ".join(error_budgets.describe(each) for each in (burning or budgets)[:LISTED])
    return ProbeResult("failed" if burning else "passed", lines or "no objective is declared")
