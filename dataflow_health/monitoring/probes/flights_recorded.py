"""Kind ``flights_recorded``: what was flown was recorded, without a missing part."""

from dataflow_health.health.continuity import Continuity, assess_continuity
from dataflow_health.health.self_check import FlightsRecorded
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, list_some, passed_if
from dataflow_health.storage.queries import recorded_flights


def probe(check: FlightsRecorded, context: ProbeContext) -> ProbeResult:
    """Names the aircraft with too little recorded or too many breaks, the worst first."""
    since = (context.now - check.during).date().isoformat()
    with installation.ledger(context) as engine:
        by_tail = recorded_flights.read(engine, since)
    found = {
        tail: assess_continuity(flights, context.now, check.awaits)
        for tail, flights in by_tail.items()
    }
    failing = [
        f"{tail} {each.recorded_pct:.1f} % with {_breaks(each)}"
        for tail, each in sorted(found.items(), key=lambda item: (item[1].recorded_pct, item[0]))
        if each.recorded_pct < check.at_least_pct or len(each.breaks) > check.breaks_at_most
    ]
    limits = f"{check.at_least_pct:g} % recorded and at most {check.breaks_at_most} breaks"
    return passed_if(
        not failing, f"aircraft of {len(found)} without {limits} ({list_some(failing)}) = 0"
    )


def _breaks(found: Continuity) -> str:
    first = f", the first at {found.breaks[0]}" if found.breaks else ""
    return f"{len(found.breaks)} breaks{first}"
