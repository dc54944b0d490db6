"""Kind ``flights_recorded``: what was flown was recorded, without a missing part."""

from datetime import UTC, datetime, time

from dataflow_health.health.continuity import Continuity
from dataflow_health.health.flight_breaks import ContinuityWindow
from dataflow_health.health.self_check import FlightsRecorded
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, list_some, passed_if
from dataflow_health.storage.queries import continuity, recorded_flights


def probe(check: FlightsRecorded, context: ProbeContext) -> ProbeResult:
    """Names the aircraft with too little recorded or too many breaks, the worst first.

    What may be in a recording that is in work or in quarantine is named, and is no break.
    """
    since = (context.now - check.during).date()
    with installation.ledger(context) as engine:
        by_tail = recorded_flights.read(engine, since.isoformat())
        window = ContinuityWindow(datetime.combine(since, time(), UTC), context.now, check.awaits)
        assessed = continuity.among(engine, by_tail, window)
    found = [
        (f"{tail} {each.recorder}".strip(), each)
        for tail, recorders in assessed.items()
        for each in recorders
    ]
    found.sort(key=lambda each: (each[1].recorded_pct, each[0]))
    failing = [
        f"{name} {each.recorded_pct:.1f} % with {_breaks(each)}"
        for name, each in found
        if each.recorded_pct < check.at_least_pct or len(each.breaks) > check.breaks_at_most
    ]
    limits = f"{check.at_least_pct:g} % recorded and at most {check.breaks_at_most} breaks"
    open_breaks = [f"{name} {each}" for name, found_ in found for each in found_.open_breaks]
    return passed_if(
        not failing,
        f"recorders of aircraft, {len(found)}, without {limits} ({list_some(failing)}) = 0"
        + (f"; not judged yet: {list_some(open_breaks)}" if open_breaks else ""),
    )


def _breaks(found: Continuity) -> str:
    first = f", the first at {found.breaks[0]}" if found.breaks else ""
    return f"{len(found.breaks)} breaks{first}"
