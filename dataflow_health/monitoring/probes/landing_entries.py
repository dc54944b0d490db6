"""Kind ``landing_entries``: every entry of the landing folder can be taken."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from dataflow_health import masking
from dataflow_health.health.self_check import LandingEntries
from dataflow_health.monitoring.probes import installation
from dataflow_health.monitoring.probes.result import (
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)
from dataflow_health.storage.ledger import landing_entries
from dataflow_health.storage.ledger.landing_entries import LandingEntry

GRACE: Mapping[str, timedelta] = {
    "not_an_archive": timedelta(seconds=30),
    "unfinished_upload": timedelta(minutes=10),
}
"""Time for which an upload may rest before its file gets the name of an archive, by reason."""


def probe(_check: LandingEntries, context: ProbeContext) -> ProbeResult:
    """Lists the refused entries of the newest listing, each with its reason."""
    settings = installation.load_settings(context)
    source, ignored = masking.mask_url(settings.source_url), settings.source_ignores.split(",")
    with installation.ledger(context) as engine:
        found = landing_entries.find(engine, source)
    names = [
        f"{each.name} ({each.reason})"
        for each in found
        if each.reason and is_reported(each, ignored, context.now)
    ]
    return passed_if(not names, f"entries of {source} that are not taken: {list_some(names)}")


def is_reported(entry: LandingEntry, ignored: list[str], now: datetime) -> bool:
    """Whether an entry is a fault: not ignored by its name, and not an upload still under way.

    Args:
        entry: A refused entry.
        ignored: Patterns of names of files that are no archives and may lie there.
        now: Evaluation time, UTC.
    """
    name = PurePosixPath(entry.name).name
    if entry.reason == "not_an_archive" and any(fnmatchcase(name, each) for each in ignored):
        return False
    return entry.first_seen_at + GRACE.get(entry.reason or "", timedelta()) <= now
