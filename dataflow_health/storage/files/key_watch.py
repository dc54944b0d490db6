"""Keys of object storage that are listed again and again, a few pages each time.

Object storage has no times of folders, and lists keys in their order. So each time the keys after
the greatest one are listed, of the bucket, of the folders in which something was new lately, and of
some others in turn; and beside that one page of everything, in turn. Names that go up, in one
folder or in a folder for each day or aircraft, are found at once; others when their page is
reached.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, NamedTuple

from dataflow_health.storage.files import slices, source_names
from dataflow_health.storage.files.landing_folder import Entry
from dataflow_health.storage.files.source_names import SIDECAR

FULL_AFTER = timedelta(seconds=10)
"""Shortest time between two beginnings of comparing everything."""
PAGE = 1000
"""Keys that a server lists in one answer."""
SHORT_PAGE = 500
"""Keys of one answer while everything is compared again, which costs half as much."""
HOT, OTHERS = 2, 2
"""Folders of which the keys after the greatest one are listed each time: new ones, others."""
KEPT_HOT = 8
"""Folders that are remembered as lately new."""
LOOKS_AGAIN = 3
"""Objects that wait to be taken and are looked at each time."""

Untaken = Callable[[Sequence[Entry]], Collection[str]]
"""Names of those among some archives that were not taken as they are."""


class Page(NamedTuple):
    """Some keys, in order.

    Attributes:
        entries: Objects, by their names below the root.
        is_last: Whether no more follow.
    """

    entries: list[Entry]
    is_last: bool


class ObjectStore:
    """One root in object storage, through s3fs."""

    def __init__(self, system: Any, root: str) -> None:  # noqa: ANN401  (s3fs has no types)
        """Connects to nothing yet.

        Args:
            system: The file system of s3fs.
            root: Bucket, and the beginning of the keys.
        """
        self._system, self._root = system, root.rstrip("/")
        self._bucket, key, _ = system.split_path(self._root)
        self._prefix = f"{key}/" if key else ""

    def require(self) -> None:
        """Returns when the root is there.

        Raises:
            OSError: It is not, or does not answer.
        """
        self._system.invalidate_cache()
        self._system.info(self._root)

    def page(self, folder: str, after: str, most: int = PAGE) -> Page:
        """Keys in a folder and below it, after a name.

        Args:
            folder: Beginning of the names, with its slash; empty for all.
            after: Name below the root; empty for the first page.
            most: Number of keys at most.

        Raises:
            OSError: The store does not answer.
        """
        given = {"StartAfter": self._prefix + after} if after else {}
        found = self._system.call_s3(
            "list_objects_v2",
            Bucket=self._bucket,
            Prefix=self._prefix + folder,
            MaxKeys=most,
            **given,
        )
        entries = [
            Entry(each["Key"][len(self._prefix) :], each["Size"], each["LastModified"].timestamp())
            for each in found.get("Contents", ())
        ]
        return Page(entries, not found.get("IsTruncated"))

    def entries(self) -> Iterator[Entry]:
        """All objects, a page at a time.

        Raises:
            OSError: The store does not answer.
        """
        self.require()
        after, is_last = "", False
        while not is_last:
            found, is_last = self.page("", after)
            yield from (each for each in found if not each.name.endswith("/"))
            after, is_last = (found[-1].name, is_last) if found else ("", True)

    def look(self, name: str) -> Iterator[Entry]:
        """The entry of a name; none when it is gone."""
        path = f"{self._root}/{name}"
        self._system.invalidate_cache(path)
        try:
            found = self._system.info(path)
        except FileNotFoundError:
            return
        if found["type"] == "file":
            yield Entry(name, found["size"], found["LastModified"].timestamp())


class KeyWatch:
    """What is remembered of one root, for one thread."""

    def __init__(self) -> None:
        """Lists nothing yet."""
        self._entries: dict[str, Entry] = {}
        self._greatest: dict[str, str] = {"": ""}
        self._hot: dict[str, None] = {}
        self._turn: Iterator[str] = iter(())
        self._at: str | None = None
        self._round_at: datetime | None = None
        self._is_first = True

    def find(
        self, store: ObjectStore, untaken: Untaken, now: datetime, *, whole: bool = False
    ) -> list[Entry]:
        """Objects that were not taken, as far as they are known now, with their sidecars.

        Args:
            store: The root; the same one each time.
            untaken: Selects the archives that were not taken.
            now: Current time, UTC.
            whole: Compares everything at once.

        Raises:
            OSError: The store does not answer.
        """
        if self._is_first or whole:
            store.require()
        if self._at is None and self._is_time(now):
            self._at, self._round_at = "", now
        if not self._is_first:
            self._look_again(store)
            self._list_ends(store, untaken)
        self._compare(store, untaken, whole=whole)
        return list(self._entries.values())

    def leave_out(self, taken: Iterable[str]) -> None:
        """Looks no more at archives that were taken."""
        for name in taken:
            self._entries.pop(name, None)
            self._entries.pop(name + SIDECAR, None)

    def close(self) -> None:
        """Nothing is open between two calls."""

    def _is_time(self, now: datetime) -> bool:
        return not self._round_at or not timedelta(0) <= now - self._round_at < FULL_AFTER

    def _compare(self, store: ObjectStore, untaken: Untaken, *, whole: bool) -> None:
        """Lists the next pages of everything."""
        is_first = whole or self._is_first
        spent = slices.never if whole else slices.of_time(slices.FIRST_S if is_first else 0)
        while self._at is not None:
            page = store.page("", self._at, PAGE if is_first else SHORT_PAGE)
            self._at = self._note(page, untaken)
            self._is_first = self._is_first and self._at is not None
            if spent():
                return

    def _list_ends(self, store: ObjectStore, untaken: Untaken) -> None:
        """Lists what follows the greatest keys, of which only new ones can be."""
        for folder in dict.fromkeys(["", *islice(self._hot, HOT), *self._in_turn()]):
            page = store.page(folder, self._greatest[folder])
            if page.entries:
                self._note(page, untaken)

    def _in_turn(self) -> list[str]:
        chosen = list(islice(self._turn, OTHERS))
        if len(chosen) < OTHERS:
            self._turn = iter(sorted(self._greatest, reverse=True))
            chosen += islice(self._turn, OTHERS - len(chosen))
        return chosen

    def _note(self, page: Page, untaken: Untaken) -> str | None:
        """Notes what was not taken; returns the name that the next page follows."""
        shown = [each for each in page.entries if not each.name.endswith("/")]
        archives = [each for each in shown if source_names.is_archive(each.name)]
        new = set(untaken(archives)) if archives else set()
        for each in shown:
            folder = each.name.rpartition("/")[0]
            if source_names.is_hidden(each.name):
                continue
            for at in ("", f"{folder}/" if folder else ""):
                self._greatest[at] = max(self._greatest.get(at, ""), each.name)
            if self._is_wanted(each.name, new):
                self._entries[each.name] = each
                self._hot = dict.fromkeys(islice(chain([at], self._hot), KEPT_HOT))
        if page.is_last or not page.entries:
            return None
        return _before_its_sidecar([each.name for each in page.entries])

    def _is_wanted(self, name: str, new: set[str]) -> bool:
        archive = source_names.without_sidecar(name)
        if source_names.is_archive(archive):
            return name in new or (name != archive and archive in self._entries)
        return name in self._entries or len(self._entries) < source_names.MOST_STRANGE

    def _look_again(self, store: ObjectStore) -> None:
        """Looks at some of what waits: it may be gone, other, or have a sidecar now."""
        for name in list(islice(self._entries, LOOKS_AGAIN)):
            self._entries.pop(name, None)
            for place in (name,) if name.endswith(SIDECAR) else (name, name + SIDECAR):
                self._entries |= {each.name: each for each in store.look(place)}


def _before_its_sidecar(names: Sequence[str]) -> str:
    """The last name, or the one before it, if its sidecar may be on the next page."""
    is_cut = len(names) > 1 and source_names.is_archive(names[-1])
    return names[-2] if is_cut else names[-1]
