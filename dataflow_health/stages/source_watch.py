"""New archives at a source that is asked every few seconds, at a cost that follows what is new.

What was taken may stay at the source for ever: the ledger knows it, and a share of it is compared
with the ledger each time, because a taken file may be written again in place.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from dataflow_health import masking
from dataflow_health.stages import new_archives
from dataflow_health.stages.new_archives import NewArchive
from dataflow_health.storage.files import source
from dataflow_health.storage.files.source import SourceFile, Watch
from dataflow_health.storage.ledger import landing_entries
from dataflow_health.storage.ledger.landing_entries import version_of


class SourceWatch:
    """What is remembered of one source. Threads take turns."""

    def __init__(self, url: str) -> None:
        """Remembers nothing yet.

        Args:
            url: Source of the archives.
        """
        self._url = url
        self._lock = Lock()
        self._watch: Watch | None = None

    def find(
        self, engine: Engine, now: datetime, settle_s: float, *, whole: bool = False
    ) -> list[NewArchive]:
        """The new archives, as far as they are known now.

        The first calls compare everything, for some seconds each; later ones what is new, and a
        share of everything.

        Args:
            engine: Database of the ledger; the same one each time.
            now: Current time, UTC.
            settle_s: Seconds for which a file without sidecar must have stayed unchanged.
            whole: Compares everything at once.

        Raises:
            SourceUnreachable: The source cannot be listed.
            DatabaseError: The database does not answer.
        """
        with self._lock:
            watch, self._watch = self._watch, None  # an error forgets everything
            watch = watch or Watch(self._url, _waiting(engine, self._url))
            try:
                found = self._find(watch, engine, now, settle_s, whole=whole)
            except BaseException:
                watch.close()
                raise
            self._watch = watch
            return found

    def _find(
        self, watch: Watch, engine: Engine, now: datetime, settle_s: float, *, whole: bool
    ) -> list[NewArchive]:
        def untaken(files: Sequence[SourceFile]) -> Collection[str]:
            return new_archives.untaken(engine, self._url, files)

        listing = watch.list_new(untaken, now, whole=whole)
        names = [each.name for each in listing.archives]
        known = new_archives.known_files(engine, self._url, names)
        watch.leave_out(each for each in listing.archives if version_of(each) in known)
        return new_archives.judge(engine, self._url, listing, known, now, settle_s)

    def close(self) -> None:
        """Forgets everything."""
        with self._lock:
            if self._watch:
                self._watch.close()
            self._watch = None


def _waiting(engine: Engine, url: str) -> list[str]:
    """Names of the files that were at the source and not taken when it was last listed."""
    found = landing_entries.find(engine, masking.mask_url(url))
    return [each.name for each in found if not each.name.endswith("/")]


def find(engine: Engine, url: str, now: datetime, settle_s: float) -> list[NewArchive]:
    """Lists the whole source once, for its complete archives that the ledger does not know.

    They are recorded in the ledger until they are taken, as are entries that cannot be taken and
    files with a time in the future.

    Args:
        engine: Database of the ledger.
        url: Source of the archives.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.

    Raises:
        SourceUnreachable: The source cannot be listed.
        DatabaseError: The database does not answer.
    """
    watch = SourceWatch(url)
    try:
        return watch.find(engine, now, settle_s, whole=True)
    finally:
        watch.close()


def recorded(
    engine: Engine, url: str, day: str, now: datetime, settle_s: float
) -> list[NewArchive]:
    """The complete archives of a day that a watch of the source has recorded, as they are now.

    Nothing else at the source is listed.

    Args:
        engine: Database of the ledger.
        url: Source of the archives.
        day: Arrival day.
        now: Current time, UTC.
        settle_s: Seconds for which a file without sidecar must have stayed unchanged.

    Raises:
        SourceUnreachable: The source does not answer.
        DatabaseError: The database does not answer.
    """
    entries = landing_entries.find(engine, masking.mask_url(url))
    names = [each.name for each in entries if each.is_archive and each.arrival_day == day]
    if any("\\" in name for name in names):  # a name that is not UTF-8 is escaped here
        return [each for each in find(engine, url, now, settle_s) if each.day == day]
    archives = source.look(url, names).archives
    first_seen = {each.version: each.first_seen_at for each in entries}
    known = new_archives.known_files(engine, url, names)
    new = new_archives.select_new(archives, known, now, settle_s, first_seen)
    return [each for each in new if each.day == day]


def of(engine: Engine, url: str) -> SourceWatch:
    """The watch of a source that all ticks in this process share.

    Args:
        engine: Database of the ledger.
        url: Source of the archives.
    """
    with _LOCK:
        return _WATCHES.setdefault(engine, {}).setdefault(url, SourceWatch(url))


_WATCHES: WeakKeyDictionary[Engine, dict[str, SourceWatch]] = WeakKeyDictionary()
_LOCK = Lock()
