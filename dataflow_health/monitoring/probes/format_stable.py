"""Kind ``format_stable``: no parameter vanished or changed its rate or range."""

from dataflow_health.health.self_check import FormatStable
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, list_some, passed_if
from dataflow_health.storage.queries import format_changes


def probe(check: FormatStable, context: ProbeContext) -> ProbeResult:
    """Names the aircraft whose recordings changed their format lately, and what changed.

    A change that an edited layout or mapping explains is named, and passes.
    """
    since_at = context.now - check.during
    since_day = (since_at - check.compared_with).date().isoformat()
    with installation.ledger(context) as engine:
        by_tail = format_changes.read(engine, since_day, since_at)
    found = [(tail, each) for tail in sorted(by_tail) for each in by_tail[tail]]
    changes = [f"{tail} {each}" for tail, each in found if not each.is_declared]
    declared = [f"{tail} {each}" for tail, each in found if each.is_declared]
    return passed_if(
        not changes,
        f"changes of a recording's format ({list_some(changes)}) = 0"
        + (f"; by the operator's own edits: {list_some(declared)}" if declared else ""),
    )
