"""Archives at the source that are complete and were not downloaded before.

An archive is complete when it has a ``.sha256`` sidecar, or has none and stayed unchanged for a
while: since its modification time, or since it was first seen here when that time is in the future.
Whether the sidecar's digest is right shows only once the bytes are read.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from dataflow_health import masking
from dataflow_health.storage.files.source import Listing, SourceFile
from dataflow_health.storage.ledger import landing_entries
from dataflow_health.storage.ledger.landing_entries import FileVersion, version_of
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import chunks, fetch


@dataclass(frozen=True, slots=True)
class NewArchive:
    """One archive at the source that is to be downloaded.

    Attributes:
        offered: The file at the source.
        arrived_at: When it was written there, UTC; first seen, when that is in the future.
    """

    offered: SourceFile
    arrived_at: datetime

    @property
    def day(self) -> str:
        """Its arrival day."""
        return self.arrived_at.date().isoformat()


def judge(
    engine: Engine,
    url: str,
    listing: Listing,
    known: set[FileVersion],
    now: datetime,
    settle_s: float,
) -> list[NewArchive]:
    """Selects the complete archives of a listing, and records what is not taken in the ledger.

    Args:
        engine: Database of the ledger.
        url: Source of the archives.
        listing: What the source holds; archives that are known may be left out.
        known: Versions that were downloaded before, of the archives in the listing.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.

    Raises:
        DatabaseError: The database does not answer.
    """
    first_seen = landing_entries.update(
        engine, masking.mask_url(url), listing, known, now, settle_s
    )
    return select_new(listing.archives, known, now, settle_s, first_seen)


def select_new(
    offered: Sequence[SourceFile],
    known: set[FileVersion],
    now: datetime,
    settle_s: float,
    first_seen: Mapping[FileVersion, datetime],
) -> list[NewArchive]:
    """Selects the files that are complete and not known. Pure.

    Args:
        offered: All archives at the source.
        known: Versions that were downloaded before.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.
        first_seen: When each version with a time in the future was first seen.
    """
    settled_at = now - timedelta(seconds=settle_s)
    unknown = [each for each in offered if version_of(each) not in known]
    new = [
        NewArchive(each, min(each.modified_at, first_seen.get(version_of(each), now)))
        for each in unknown
    ]
    return [
        each for each in new if each.offered.sidecar is not None or each.arrived_at <= settled_at
    ]


def untaken(engine: Engine, url: str, files: Sequence[SourceFile]) -> set[str]:
    """Paths of the files that were not downloaded before as they are.

    Args:
        engine: Database of the ledger.
        url: The source.
        files: Some of its archives.

    Raises:
        DatabaseError: The database does not answer.
    """
    known = known_files(engine, url, [each.name for each in files])
    return {each.path for each in files if version_of(each) not in known}


def known_files(engine: Engine, url: str, names: Collection[str]) -> set[FileVersion]:
    """Versions of files that were downloaded from a source before.

    Args:
        engine: Database of the ledger.
        url: The source.
        names: Names of the files.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.arrival
    statement = select(table.c.name, table.c.size_bytes, table.c.modified_at).where(
        table.c.source == masking.mask_url(url)
    )
    return {
        (row.name, row.size_bytes, row.modified_at)
        for chunk in chunks(sorted(names))
        for row in fetch(engine, statement.where(table.c.name.in_(chunk)))
    }
