"""New archives at a source that is asked every few seconds, at a cost that follows what changed.

What was taken stays at the source for ever, and is neither listed nor looked up again. Everything
is compared once in a while, because a taken file may be written again in place.
"""

from datetime import datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from dataflow_health.stages import new_archives
from dataflow_health.stages.new_archives import NewArchive
from dataflow_health.storage.files import source
from dataflow_health.storage.files.landing_watch import LandingWatch
from dataflow_health.storage.files.source import SourceFile
from dataflow_health.storage.ledger.landing_entries import FileVersion, version_of

FULL_AFTER = timedelta(seconds=10)
"""Everything is compared this often, with few archives at the source."""
FULL_AFTER_EACH = timedelta(milliseconds=1)
"""The same for each name that is left out: to compare one takes about 1 % of this time."""


class SourceWatch:
    """What is remembered of one source. Threads take turns."""

    def __init__(self, url: str) -> None:
        """Remembers nothing yet.

        Args:
            url: Source of the archives.
        """
        self._url = url
        self._lock = Lock()
        self._folder = LandingWatch()
        self._taken: set[str] = set()
        self._compared_at: datetime | None = None

    def find(self, engine: Engine, now: datetime, settle_s: float) -> list[NewArchive]:
        """The new archives, as :func:`new_archives.find` lists them.

        Args:
            engine: Database of the ledger; the same one each time.
            now: Current time, UTC.
            settle_s: Seconds for which a file without sidecar must have stayed unchanged.

        Raises:
            SourceUnreachable: The source cannot be listed.
            DatabaseError: The database does not answer.
        """
        with self._lock:
            is_full = self._is_full(now)
            compared_at, self._compared_at = self._compared_at, None  # an error forgets everything
            if is_full:
                self._folder.forget()
                self._taken = set()
            listing = source.list_untaken(self._url, self._folder, self._taken, now)
            names = None if is_full else {each.name for each in listing.archives}
            known = new_archives.known_files(engine, self._url, names)
            found = new_archives.judge(engine, self._url, listing, known, now, settle_s)
            self._take(listing.archives, known)
            self._compared_at = now if is_full else compared_at
            return found

    def _is_full(self, now: datetime) -> bool:
        full_after = max(FULL_AFTER, len(self._taken) * FULL_AFTER_EACH)
        return not self._compared_at or not timedelta(0) <= now - self._compared_at < full_after

    def _take(self, listed: tuple[SourceFile, ...], known: set[FileVersion]) -> None:
        """Remembers the archives that were downloaded, with their sidecars."""
        for each in listed:
            if version_of(each) in known:
                self._taken |= {each.path, each.path + source.SIDECAR}


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
