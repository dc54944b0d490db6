"""Kind ``scrub_on_time``: every share of the lake was compared with the ledger recently."""

from dataflow_health.health.self_check import ScrubOnTime
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if_recent
from dataflow_health.storage.queries import slo_events
from dataflow_health.storage.records import scrub_shares


def probe(check: ScrubOnTime, context: ProbeContext) -> ProbeResult:
    """Compares the time for which the share that waits longest was not read.

    Before the first scrub, all that is kept waits since the first download.
    """
    with installation.ledger(context) as engine:
        since_at = scrub_shares.longest_wait_since(engine) or slo_events.first_download_at(engine)
    if since_at is None:
        return ProbeResult("passed", "nothing is kept yet that could be damaged")
    subject = "the reading of the share of the lake that waits longest"
    return passed_if_recent(subject, context.now - since_at, check.at_most)
