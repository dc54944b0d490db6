"""Mutes shown in the health report: a red process without alerts says until when, and why.

A mute changes no status: a red process stays red.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.health.report import HealthReport, ProcessHealth


class Mute(FrozenModel):
    """Mute of one incident.

    Attributes:
        process: Root process of the incident.
        cause: Reason code of the incident.
        until_at: Expiry.
        ticket: URL of the ticket.
        muted_by: Operator who muted it.
    """

    process: str
    cause: str
    until_at: AwareDatetime
    ticket: str
    muted_by: str = ""


def show_mutes(report: HealthReport, mutes: Iterable[Mute], now: datetime) -> HealthReport:
    """The report with each unexpired mute added to the reason and links of its process."""
    by_process: dict[str, list[Mute]] = defaultdict(list)
    for mute in sorted(mutes, key=lambda each: (each.until_at, each.cause)):
        if mute.until_at > now:
            by_process[mute.process].append(mute)
    if not by_process:
        return report
    processes = tuple(
        _with_mutes(each, by_process[each.name]) if each.name in by_process else each
        for each in report.processes
    )
    return report.model_copy(update={"processes": processes})


def _with_mutes(process: ProcessHealth, mutes: Iterable[Mute]) -> ProcessHealth:
    notes = [f"{e.cause} muted by {e.muted_by} until {e.until_at:%Y-%m-%d %H:%M}Z" for e in mutes]
    links = {f"ticket of {each.cause}": each.ticket for each in mutes}
    return process.model_copy(
        update={
            "reason": "; ".join([process.reason, *notes]),
            "links": {**process.links, **links},
        }
    )
