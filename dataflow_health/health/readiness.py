"""Readiness of an aircraft: whether the results of its newest recordings are in SQL."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import AwareDatetime

from dataflow_health.health.report import ReportModel

MAX_REASON_ITEMS = 3
"""Open items named in the reason; the rest are counted."""


class OpenItem(ReportModel):
    """An archive or recording whose results are not in SQL, and that is not written off.

    Attributes:
        id: Archive or recording id.
        name: Name of the archive; for a recording, of its member too.
        is_archive: Whether it is an archive that could not be opened, or is not opened yet.
        stage: Stage that refused it or has to process it; empty when the ledger has none.
        state: ``quarantined``, ``waiting`` or ``running``; empty when the ledger has none.
        reason: Reason code of the refusal.
        arrived_at: When it arrived, UTC.
    """

    id: str
    name: str
    is_archive: bool
    stage: str = ""
    state: str = ""
    reason: str = ""
    arrived_at: AwareDatetime

    def __str__(self) -> str:
        where = f"{self.state} at {self.stage}" if self.stage else "in no stage of the ledger"
        reason = f" ({self.reason})" if self.reason and self.state == "quarantined" else ""
        return f"{self.name} is {where}{reason}, arrived {self.arrived_at:%Y-%m-%d %H:%MZ}"


class Readiness(ReportModel):
    """Answer to whether an aircraft is ready, as far as its recordings say.

    Attributes:
        tail: The aircraft.
        ready: Whether its newest recording is loaded, and no open item is as new as it or newer.
        reason: Reason for the answer, in one line.
        last_loaded_at: Arrival of the newest recording whose results are in SQL; None without one.
        open_items: All archives and recordings without results, newest first.
    """

    tail: str
    ready: bool
    reason: str
    last_loaded_at: AwareDatetime | None = None
    open_items: tuple[OpenItem, ...] = ()


def decide(tail: str, last_loaded_at: datetime | None, items: Sequence[OpenItem]) -> Readiness:
    """Decides whether an aircraft is ready.

    Args:
        tail: The aircraft.
        last_loaded_at: Arrival of its newest recording whose results are in SQL.
        items: Its open items.
    """
    newest_first = sorted(items, key=lambda each: (each.arrived_at, each.id), reverse=True)
    blocking = [
        each for each in newest_first if last_loaded_at is None or each.arrived_at >= last_loaded_at
    ]
    return Readiness(
        tail=tail,
        ready=last_loaded_at is not None and not blocking,
        reason=_reason(last_loaded_at, blocking, len(newest_first) - len(blocking)),
        last_loaded_at=last_loaded_at,
        open_items=tuple(newest_first),
    )


def _reason(last_loaded_at: datetime | None, blocking: Sequence[OpenItem], older: int) -> str:
    if blocking:
        more = len(blocking) - MAX_REASON_ITEMS
        listed = "; ".join(map(str, blocking[:MAX_REASON_ITEMS]))
        return f"{listed}; and {more} more" if more > 0 else listed
    if last_loaded_at is None:
        return "no recording of it has results in SQL"
    loaded = f"the newest recording, arrived {last_loaded_at:%Y-%m-%d %H:%MZ}, has its results"
    return f"{loaded}; {older} older without results" if older else loaded
