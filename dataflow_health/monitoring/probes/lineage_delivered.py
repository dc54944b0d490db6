"""Kind ``lineage_delivered``: every OpenLineage event was taken by its receiver."""

from datetime import UTC, datetime, timedelta

from dataflow_health.health.self_check import LineageDelivered
from dataflow_health.monitoring.probes.installation import load_settings
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    passed_if_recent,
)
from dataflow_health.storage.files import lineage_outbox


def probe(check: LineageDelivered, context: ProbeContext) -> ProbeResult:
    """Compares the age of the oldest event that waits; one that was refused fails."""
    chosen = load_settings(context)
    if not chosen.openlineage_url:
        raise NotConfigured("no lineage is sent: DATAFLOW_HEALTH_OPENLINEAGE_URL is not set")
    if refused := lineage_outbox.refused(chosen):
        return ProbeResult("failed", f"events that the receiver refused: {len(refused)}")
    waiting = lineage_outbox.waiting(chosen)
    if not waiting:
        return ProbeResult("passed", "every event was taken")
    added_at = datetime.fromtimestamp(lineage_outbox.added_at_s(waiting[0]), UTC)
    age = max(context.now - added_at, timedelta(0))
    return passed_if_recent(f"the oldest of {len(waiting)} waiting events", age, check.at_most)
