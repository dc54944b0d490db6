"""Kind ``analysed_before_departure``: aircraft that depart soon have all their results in SQL."""

from dataflow_health.health.self_check import AnalysedBeforeDeparture
from dataflow_health.monitoring import departure_schedule
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.queries import readiness


def probe(check: AnalysedBeforeDeparture, context: ProbeContext) -> ProbeResult:
    """Names the aircraft that depart soon with archives or recordings that lack results.

    The earliest departure comes first.

    Raises:
        NotConfigured: No schedule is set.
        SourceUnreachable: The schedule cannot be read.
    """
    url = installation.load_settings(context).schedule_url
    if not url:
        raise NotConfigured("no departure is known: DATAFLOW_HEALTH_SCHEDULE_URL is not set")
    departures = departure_schedule.next_departures(departure_schedule.read(url), context.now)
    with installation.ledger(context) as engine:
        unloaded = readiness.open_items(engine, departures)
    late = [
        f"{tail} departs {at:%H:%M}Z with {len(unloaded[tail])} without results"
        for tail, at in sorted(departures.items(), key=lambda item: item[1])
        if at <= context.now + check.departs_within and tail in unloaded
    ]
    return passed_if(not late, f"aircraft about to depart without results ({list_some(late)}) = 0")
