"""Archives at the source that are complete and were not downloaded before.

An archive is complete when it has a ``.sha256`` sidecar, or has none and stayed unchanged for a
while. Whether the sidecar's digest is right shows only once the bytes are read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from dataflow_health.storage.files import source
from dataflow_health.storage.files.source import SourceFile
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.statements import fetch

FileVersion = tuple[str, int, datetime]
"""Name, size in bytes and modification time of a file at the source."""


@dataclass(frozen=True, slots=True)
class NewArchive:
    """One archive at the source that is to be downloaded.

    Attributes:
        offered: The file at the source.
        arrived_at: When it was written there, UTC; never later than now.
    """

    offered: SourceFile
    arrived_at: datetime

    @property
    def day(self) -> str:
        """Its arrival day."""
        return self.arrived_at.date().isoformat()


def find(engine: Engine, url: str, now: datetime, settle_s: float) -> list[NewArchive]:
    """Lists the complete archives at the source that the ledger does not know.

    Args:
        engine: Database of the ledger.
        url: Source of the archives.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.

    Raises:
        SourceUnreachable: The source cannot be listed.
        DatabaseError: The database does not answer.
    """
    return select_new(source.list_archives(url), known_files(engine, url), now, settle_s)


def select_new(
    offered: Sequence[SourceFile], known: set[FileVersion], now: datetime, settle_s: float
) -> list[NewArchive]:
    """Selects the files that are complete and not known. Pure.

    Args:
        offered: All archives at the source.
        known: Versions that were downloaded before.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.
    """
    settled_at = now - timedelta(seconds=settle_s)
    return [
        NewArchive(each, min(each.modified_at, now))
        for each in offered
        if (each.name, each.size_bytes, each.modified_at) not in known
        and (each.sidecar is not None or each.modified_at <= settled_at)
    ]


def known_files(engine: Engine, url: str) -> set[FileVersion]:
    """Versions of files that were downloaded from a source before.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.arrival
    statement = select(table.c.name, table.c.size_bytes, table.c.modified_at).where(
        table.c.source == source.mask_password(url)
    )
    return {(row.name, row.size_bytes, row.modified_at) for row in fetch(engine, statement)}
