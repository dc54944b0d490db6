"""Kind ``files_undamaged``: what scrub found damaged is right again."""

from dataflow_health.health.self_check import FilesUndamaged
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import ProbeContext, ProbeResult, passed_if
from dataflow_health.storage.records import scrub_damage
from dataflow_health.storage.records.scrub_damage import Damage

SHOWN = 5
"""Damaged files that are named."""


def probe(_check: FilesUndamaged, context: ProbeContext) -> ProbeResult:
    """Counts the damage that is saved in the ledger."""
    with installation.ledger(context) as engine:
        number = scrub_damage.count(engine)
        names = [_name(each) for each in scrub_damage.find(engine, SHOWN)] if number else []
    text = ": ".join(filter(None, [str(number), ", ".join(names)]))
    return passed_if(not number, f"damaged files and rows ({text}) = 0")


def _name(damage: Damage) -> str:
    return f"{damage.path} {damage.reason}"
