"""Kind ``signals_in_limits``: no live signal crosses a limit."""

from datetime import timedelta

from dataflow_health.health.duration import format_duration
from dataflow_health.health.self_check import SignalsInLimits
from dataflow_health.monitoring.probes import signal_store
from dataflow_health.monitoring.probes.result import (
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.signals import crossings
from dataflow_health.storage.signals.crossings import CrossingRow
from dataflow_health.storage.signals.points import newest_arrival_us
from dataflow_health.storage.signals.signal_database import from_us

COMPARED_WITHIN = timedelta(minutes=1)
"""The API compares each second; a comparison older than the newest points is of a lost API."""


def probe(check: SignalsInLimits, context: ProbeContext) -> ProbeResult:
    """Lists the open crossings that the API found."""
    with signal_store.opened(context) as engine:
        if engine is None:
            return ProbeResult("passed", "no live signal was received yet")
        compared_us, arrived_us = crossings.compared_us(engine), newest_arrival_us(engine)
        found = crossings.find_open(engine)
    if compared_us is None or arrived_us is None:
        return ProbeResult("passed", "no limit of a live signal is declared")
    late = from_us(arrived_us) - from_us(compared_us)
    if late > COMPARED_WITHIN:
        detail = f"signals were last compared {format_duration(late)} before the newest value"
        return ProbeResult("unknown", detail)
    crossed = [_shown(each) for each in found if each.severity in check.severities]
    return passed_if(not crossed, f"limits crossed: {list_some(crossed)}")


def _shown(row: CrossingRow) -> str:
    peak = "" if row.peak is None else f", peak {row.peak:g}"
    return f"{row.algorithm} ({row.severity} since {from_us(row.start_us):%H:%M:%S} UTC{peak})"
