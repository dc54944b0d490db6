"""Mutes drawn on what they silence: a red node that nobody hears of says so, until when, and where.

A mute changes no status: what is red stays red.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from pydantic import AwareDatetime

from dataflow_health.health.frozen_model import FrozenModel
from dataflow_health.health.report import HealthReport, ProcessHealth


class Mute(FrozenModel):
    """One muted incident.

    Attributes:
        process: Where its cause is.
        cause: Reason code.
        until_at: When it comes back.
        ticket: URL of where it is dealt with.
        who: Who muted it.
    """

    process: str
    cause: str
    until_at: AwareDatetime
    ticket: str
    who: str = ""


def show_mutes(report: HealthReport, mutes: Iterable[Mute], now: datetime) -> HealthReport:
    """The report with every mute that has not expired told at its process."""
    by_process: dict[str, list[Mute]] = defaultdict(list)
    for each in sorted(mutes, key=lambda each: (each.until_at, each.cause)):
        if each.until_at > now:
            by_process[each.process].append(each)
    if not by_process:
        return report
    processes = tuple(_told(each, by_process.get(each.name, ())) for each in report.processes)
    return report.model_copy(update={"processes": processes})


def _told(process: ProcessHealth, mutes: Iterable[Mute]) -> ProcessHealth:
    told = [f"{e.cause} muted by {e.who} until {e.until_at:%Y-%m-%d %H:%M}Z" for e in mutes]
    if not told:
        return process
    links = {f"ticket of {each.cause}": each.ticket for each in mutes}
    reason = "; ".join([process.reason, *told])
    return process.model_copy(update={"reason": reason, "links": {**process.links, **links}})
