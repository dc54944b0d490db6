"""Kind ``quarantine_age``: the oldest item in quarantine is recent enough."""

from dataflow_health.health.self_check import QuarantineAge
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent
from dataflow_health.storage.ledger import quarantine


def probe(check: QuarantineAge, context: ProbeContext) -> ProbeResult:
    """Compares the time since the oldest refusal; an empty quarantine passes."""
    with installation.ledger(context) as engine:
        rows = quarantine.find(engine)
    if not rows:
        return ProbeResult("passed", "quarantine is empty")
    oldest = min(rows, key=lambda row: row.refused_at)
    subject = f"{oldest.id[:12]} at {oldest.stage}, the oldest of {len(rows)} in quarantine,"
    return passed_if_recent(subject, context.now - oldest.refused_at, check.at_most)
