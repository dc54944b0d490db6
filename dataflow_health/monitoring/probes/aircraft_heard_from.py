"""Kind ``aircraft_heard_from``: every known aircraft sent an archive recently."""

from datetime import timedelta

from dataflow_health.errors import DatabaseError
from dataflow_health.health.self_check import AircraftHeardFrom
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.queries import newest_arrivals


def probe(_check: AircraftHeardFrom, context: ProbeContext) -> ProbeResult:
    """Names the aircraft whose newest archive is older than the setting allows, oldest first.

    Raises:
        NotConfigured: The ledger does not answer, which the checks of its database report.
    """
    silent_after = timedelta(days=installation.load_settings(context).silent_after_days)
    try:
        with installation.ledger(context) as engine:
            newest = newest_arrivals.by_tail(engine)
    except DatabaseError as error:
        raise NotConfigured("the ledger does not answer; see results_database") from error
    silent = [
        f"{tail}, last archive {at:%Y-%m-%d %H:%M}Z"
        for tail, at in sorted(newest.items(), key=lambda item: item[1])
        if context.now - at > silent_after
    ]
    return passed_if(not silent, f"silent aircraft ({list_some(silent)}) = 0")
