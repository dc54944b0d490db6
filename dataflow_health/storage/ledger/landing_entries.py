"""Entries of the landing folder that are not taken: refused ones, and archives that wait for it.

A time in the future says nothing about when a file was written. Such a file has settled once it
stayed unchanged since it was first seen here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, select

from dataflow_health.storage.files.source import FIRST_TIME, Listing, SourceFile
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import Values, columns, fetch, fetch_as, upsert

FileVersion = tuple[str, int, datetime]
"""Name, size in bytes and modification time of a file at the source."""


class LandingEntry(NamedTuple):
    """One entry that is not taken.

    Attributes:
        name: Path below the source's root.
        size_bytes: Size of a file.
        modified_at: Modification time of a file, UTC.
        first_seen_at: When it was first seen as it is, UTC.
        reason: Reason code why it is not taken; None for an archive that is to be taken.
        detail: Explanation of the reason.
    """

    name: str
    size_bytes: int
    modified_at: datetime
    first_seen_at: datetime
    reason: str | None
    detail: str | None

    @property
    def version(self) -> FileVersion:
        """Version of the file."""
        return self.name, self.size_bytes, self.modified_at

    @property
    def arrival_day(self) -> str:
        """Arrival day of a file, if it is taken as it is."""
        return min(self.modified_at, self.first_seen_at).date().isoformat()

    @property
    def is_archive(self) -> bool:
        """Whether it is an archive that waits, or that download could not take before."""
        return self.modified_at != FIRST_TIME


def version_of(file: SourceFile) -> FileVersion:
    """Version of a file at the source."""
    return file.name, file.size_bytes, file.modified_at


def find(engine: Engine, source: str) -> list[LandingEntry]:
    """Entries of a source, by name.

    Args:
        engine: Database of the ledger.
        source: URL of the source, password masked.

    Raises:
        DatabaseError: The database does not answer.
    """
    table = tables.landing_entry
    statement = select(*columns(LandingEntry, table)).where(table.c.source == source)
    return fetch_as(LandingEntry, engine, statement.order_by(table.c.name))


def update(
    engine: Engine,
    source: str,
    listing: Listing,
    known: set[FileVersion],
    now: datetime,
    settle_s: float = 0,
) -> Mapping[FileVersion, datetime]:
    """Records what a listing shows, and forgets what is gone, changed, taken or of another source.

    Args:
        engine: Database of the ledger.
        source: URL of the source, password masked.
        listing: What the source holds.
        known: Versions of files that were downloaded before.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.

    Returns:
        When each file that is not taken yet was first seen as it is.

    Raises:
        DatabaseError: The database does not answer.
    """
    stored = {each.name: each for each in find(engine, source)}
    current = merge(stored, listing, known, now, settle_s)
    table = tables.landing_entry
    other = table.c.source != source
    if current != stored or fetch(engine, select(table.c.name).where(other).limit(1)):
        with writing(engine) as connection:
            connection.execute(delete(table).where(other))
            gone = [name for name in stored if name not in current]
            _delete(connection, source, gone)
            changed = [each for name, each in current.items() if stored.get(name) != each]
            upsert(connection, tables.landing_entry, [_row(source, each) for each in changed])
    return {each.version: each.first_seen_at for each in current.values()}


def merge(
    stored: Mapping[str, LandingEntry],
    listing: Listing,
    known: set[FileVersion],
    now: datetime,
    settle_s: float = 0,
) -> dict[str, LandingEntry]:
    """The entries after a listing, by name. Pure.

    A file that download refused stays refused until it changes, is taken or is gone.

    Args:
        stored: Entries before, by name.
        listing: What the source holds.
        known: Versions of files that were downloaded before.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.
    """
    settled_at = now - timedelta(seconds=settle_s)
    current: dict[str, LandingEntry] = {}
    for file in listing.archives:
        before = stored.get(file.name)
        if version_of(file) in known:
            continue
        if before and before.version == version_of(file):
            current[file.name] = before
        elif file.sidecar or not settled_at < file.modified_at <= now:
            current[file.name] = LandingEntry(*version_of(file), now, None, None)
    for entry in listing.refused:
        before = stored.get(entry.name)
        same = before is not None and (before.reason, before.detail) == (entry.reason, entry.detail)
        first_seen_at = before.first_seen_at if before and same else now
        current[entry.name] = LandingEntry(
            entry.name, 0, FIRST_TIME, first_seen_at, entry.reason, entry.detail
        )
    return current


def refuse(
    engine: Engine, source: str, file: SourceFile, reason: str, detail: str, now: datetime
) -> None:
    """Records that a file could not be taken; when it was first seen stays.

    Raises:
        DatabaseError: The database does not answer.
    """
    before = {each.version: each.first_seen_at for each in find(engine, source)}
    first_seen_at = before.get(version_of(file), now)
    entry = LandingEntry(*version_of(file), first_seen_at, reason, detail)
    with writing(engine) as connection:
        upsert(connection, tables.landing_entry, [_row(source, entry)])


def _delete(connection: Connection, source: str, names: Sequence[str]) -> None:
    table = tables.landing_entry
    for name in names:
        connection.execute(delete(table).where(table.c.source == source, table.c.name == name))


def _row(source: str, entry: LandingEntry) -> Values:
    return {"source": source, **entry._asdict()}
