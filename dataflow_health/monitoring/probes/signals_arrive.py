"""Kind ``signals_arrive``: every live signal sent a value recently."""

from dataflow_health.health.duration import format_duration
from dataflow_health.health.self_check import SignalsArrive
from dataflow_health.monitoring.probes import signal_store
from dataflow_health.monitoring.probes.result import (
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.signals.points import find_signals
from dataflow_health.storage.signals.signal_database import from_us


def probe(check: SignalsArrive, context: ProbeContext) -> ProbeResult:
    """Compares the age of each signal's newest arrival; one that is silent for long is left out."""
    with signal_store.opened(context) as engine:
        rows = [] if engine is None else find_signals(engine)
    ages = {row.name: context.now - from_us(row.stored_us) for row in rows}
    awaited = {name: age for name, age in ages.items() if age <= check.forgotten_after}
    if not awaited:
        return ProbeResult("passed", "no live signal is awaited")
    silent = [name for name, age in awaited.items() if age > check.at_most]
    oldest = format_duration(max(awaited.values()))
    limit = format_duration(check.at_most)
    detail = f"signals of {len(awaited)} that are silent for more than {limit}: {list_some(silent)}"
    return passed_if(not silent, f"{detail}; longest silence {oldest}")
