"""Kind ``no_incident_flaps``: no open incident opens and closes over and over."""

from dataflow_health.health.self_check import NoIncidentFlaps
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.records import incidents

MAX_INCIDENTS = 1000


def probe(check: NoIncidentFlaps, context: ProbeContext) -> ProbeResult:  # noqa: ARG001
    """Names the open incidents that are flapping."""
    with installation.ledger(context) as engine:
        found = incidents.find(engine, is_open=True, limit=MAX_INCIDENTS)
    flapping = [f"{each.problem.process}: {each.problem.cause}" for each in found if each.flapping]
    return passed_if(not flapping, f"flapping incidents ({list_some(flapping)}) = 0")
