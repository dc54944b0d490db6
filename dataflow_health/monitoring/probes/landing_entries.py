"""Kind ``landing_entries``: every entry of the landing folder can be taken."""

from dataflow_health import masking
from dataflow_health.health.self_check import LandingEntries
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.ledger import landing_entries


def probe(_check: LandingEntries, context: ProbeContext) -> ProbeResult:
    """Lists the refused entries of the newest listing, each with its reason."""
    source = masking.mask_url(installation.load_settings(context).source_url)
    with installation.ledger(context) as engine:
        found = landing_entries.find(engine, source)
    names = [f"{each.name} ({each.reason})" for each in found if each.reason]
    return passed_if(not names, f"entries of {source} that are not taken: {list_some(names)}")
