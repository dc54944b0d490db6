"""Folders that are looked at again and again, at a cost that follows what changed in them.

Nothing is remembered of what was taken: the caller's ledger knows it. What is new shows by events
of the kernel, or else by the times of folders, those that changed lately first and the others in
turn. Beside that, everything is compared in turn, a small share each time, because a file may be
written again in place, and a file system may keep no times of folders.
"""

import errno
import stat
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple

from dataflow_health.storage.files import landing_folder, slices, source_names
from dataflow_health.storage.files.folder_events import EventsLost, FolderEvents
from dataflow_health.storage.files.folder_tree import FolderTree, Name, join
from dataflow_health.storage.files.landing_folder import Entry
from dataflow_health.storage.files.source_names import SIDECAR

COARSEST_TIME = timedelta(seconds=3)
"""Longer than the unit of any file system's times: a second change in one unit changes no time."""
FULL_AFTER = timedelta(seconds=10)
"""Shortest time between two beginnings of comparing everything."""
CHUNK = 500
"""Names that are compared in one step."""
HOT = 16
"""Folders whose times are looked at each time, as they changed last."""
LOOKS = 200
"""Files on a server that are looked at each time; those that were looked at before come last."""
LOOKS_AGAIN = 20
"""Of these, files that were looked at before."""

Untaken = Callable[[Sequence[Entry]], Collection[str]]
"""Names of those among some archives that were not taken as they are."""
_TOO_MANY = (errno.ENOSPC, errno.ENOMEM, errno.EMFILE)
_Steps = Generator[None, None, list[str]]


class _Time(NamedTuple):
    """When a folder changed, as it was listed.

    Attributes:
        changed_ns: Time of the last change of its names.
        first_seen_at: When it was first seen with that time, UTC.
        is_settled: Whether it was listed long enough after that.
    """

    changed_ns: int
    first_seen_at: datetime
    is_settled: bool


class FolderWatch:
    """What is remembered of one source of folders, for one thread."""

    def __init__(self, untaken: Iterable[str] = ()) -> None:
        """Lists nothing yet.

        Args:
            untaken: Paths that were not taken when the source was last listed.
        """
        self._entries: dict[str, tuple[Entry, ...] | None] = {
            source_names.without_sidecar(each): None for each in untaken
        }
        self._strange: set[str] = set()
        self._refused: dict[str, OSError] = {}
        self._times: dict[str, _Time] = {}
        self._turn: Iterator[str] = iter(())
        self._hot: dict[str, None] = {}
        self._due: dict[str, Iterator[None]] = {}
        self._round: Iterator[None] | None = None
        self._round_at: datetime | None = None
        self._is_first = True
        self._events: FolderEvents | None = None
        self._identity: object = None

    def find(
        self, tree: FolderTree, untaken: Untaken, now: datetime, *, whole: bool = False
    ) -> list[Entry]:
        """Entries that were not taken, as far as they are known now, with their sidecars.

        Args:
            tree: The folders; the same ones each time.
            untaken: Selects the archives that were not taken.
            now: Current time, UTC.
            whole: Compares everything at once.

        Raises:
            OSError: The uppermost folder cannot be read.
        """
        self._begin(tree, untaken, now, has_events=not whole)
        self._note_changes(tree, untaken, now)
        for folder in islice(list(self._refused), HOT):
            self._list_again(tree, folder, untaken, now)
        self._compare(tree, whole=whole)
        return [*self._look(tree), *self._refusals()]

    def leave_out(self, taken: Iterable[str]) -> None:
        """Looks no more at archives that were taken."""
        for path in taken:
            self._entries.pop(path, None)

    def close(self) -> None:
        """Ends the events."""
        if self._events:
            self._events.close()

    def _begin(
        self, tree: FolderTree, untaken: Untaken, now: datetime, *, has_events: bool = True
    ) -> None:
        """Starts to compare everything, if it is time to, or the folder is another one now."""
        identity = tree.identity()
        if self._identity != identity:
            self._identity = identity
            self._start_anew(tree, has_events=has_events)
        if self._round is None and self._is_time(now):
            self._round_at = now
            self._round = self._walk(tree, "", untaken, now, also_known=True)

    def _is_time(self, now: datetime) -> bool:
        return not self._round_at or not timedelta(0) <= now - self._round_at < FULL_AFTER

    def _start_anew(self, tree: FolderTree, *, has_events: bool = True) -> None:
        """Forgets all but the files that were not taken."""
        self.close()
        self._events = tree.events() if has_events else None
        self._times, self._due, self._refused = {}, {}, {}
        self._round, self._round_at, self._is_first = None, None, True

    def _note_changes(self, tree: FolderTree, untaken: Untaken, now: datetime) -> None:
        if not self._events:
            self._note_times(tree, untaken, now)
            return
        try:
            for folder, name, is_folder in self._events.read():
                path = join(folder, name)
                if is_folder and not name.startswith("."):
                    self._list_again(tree, path, untaken, now)
                if not is_folder or source_names.is_archive(path):
                    self._note(source_names.without_sidecar(path))
        except EventsLost:
            self._start_anew(tree)
            self._begin(tree, untaken, now)

    def _note_times(self, tree: FolderTree, untaken: Untaken, now: datetime) -> None:
        """Looks at times of folders: of those that changed lately, and of some others in turn."""
        spent = slices.of_cpu(slices.TIMES_S) if tree.is_quick else slices.of_time(slices.REMOTE_S)
        looked_at: set[str] = set()
        for folder in chain(list(self._hot), self._in_turn(), self._in_turn()):
            if folder in looked_at or folder not in self._times:
                continue
            looked_at.add(folder)
            if self._has_changed(tree, folder, now):
                self._hot = {folder: None, **self._hot}
                self._hot = dict.fromkeys(islice(self._hot, HOT))
                self._list_again(tree, folder, untaken, now)
            if spent() and len(looked_at) > len(self._hot):
                return

    def _in_turn(self) -> Iterator[str]:
        """The folders that are left of this turn; then a new turn begins."""
        yield from self._turn
        self._turn = iter(list(self._times))

    def _has_changed(self, tree: FolderTree, folder: str, now: datetime) -> bool:
        before = self._times[folder]
        try:
            changed_ns = tree.changed_ns(folder)
        except OSError:
            return True
        is_same = changed_ns == before.changed_ns and before.first_seen_at <= now
        return not (is_same and before.is_settled)

    def _list_again(self, tree: FolderTree, folder: str, untaken: Untaken, now: datetime) -> None:
        """A folder that changed; by an event, those below it may be new under known names."""
        if folder not in self._due:
            also_known = self._events is not None
            self._due[folder] = self._walk(tree, folder, untaken, now, also_known=also_known)

    def _compare(self, tree: FolderTree, *, whole: bool) -> None:
        """Lists what is due, then some of everything: at least a step, however much is due."""
        spent = self._share(tree, whole=whole)
        while self._due and not spent():
            folder, steps = next(iter(self._due.items()))
            if next(steps, self) is self:
                del self._due[folder]
        while self._round:
            if next(self._round, self) is self:
                self._round, self._is_first = None, False
            if spent():
                return

    def _share(self, tree: FolderTree, *, whole: bool) -> slices.Spent:
        if whole:
            return slices.never
        if self._is_first:
            return slices.of_time(slices.FIRST_S)
        if tree.is_quick:
            return slices.of_cpu(slices.QUICK_S)
        return slices.of_time(slices.REMOTE_S)

    def _walk(
        self, tree: FolderTree, top: str, untaken: Untaken, now: datetime, *, also_known: bool
    ) -> Iterator[None]:
        """Lists a folder and those below it, the greatest names first, as these are the newest."""
        folders = [top]
        while folders:
            found = yield from self._list(tree, folders.pop(), untaken, now)
            folders += sorted(each for each in found if also_known or each not in self._times)

    def _list(self, tree: FolderTree, folder: str, untaken: Untaken, now: datetime) -> _Steps:
        """Lists a folder in steps; returns the folders in it."""
        inside: list[str] = []
        before = self._times.pop(folder, None)
        try:
            changed_ns = tree.changed_ns(folder)
            is_same = before and before.changed_ns == changed_ns and before.first_seen_at <= now
            first_seen_at = before.first_seen_at if before and is_same else now
            self._times[folder] = _Time(changed_ns, first_seen_at, is_settled=False)
            self._watch(tree, folder)
            names = tree.names(folder)
            while chunk := list(islice(names, CHUNK)):
                inside += self._sort_out(folder, chunk, untaken)
                yield
            is_settled = now - first_seen_at >= COARSEST_TIME
            self._times[folder] = _Time(changed_ns, first_seen_at, is_settled)
            self._refused.pop(folder, None)
        except OSError as error:
            self._refuse(folder, error)
        return inside

    def _watch(self, tree: FolderTree, folder: str) -> None:
        """Begins with the events of a folder; without any more, its times show what changes."""
        try:
            if self._events:
                self._events.add(folder, tree.path(folder))
        except OSError as error:
            if error.errno not in _TOO_MANY:
                raise
            self.close()
            self._events = None

    def _refuse(self, folder: str, error: OSError) -> None:
        """Reports a folder that cannot be listed, unless it is gone.

        Raises:
            OSError: It is the uppermost one.
        """
        if not folder:
            raise error
        self._times.pop(folder, None)
        self._refused.pop(folder, None)
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            self._refused[folder] = error

    def _sort_out(self, folder: str, names: Sequence[Name], untaken: Untaken) -> list[str]:
        """Notes what was not taken; returns the folders."""
        inside, archives = [], []
        for name, mode, size_bytes, modified_s in names:
            if name.startswith("."):
                continue
            path, is_regular = join(folder, name), stat.S_ISREG(mode)
            if stat.S_ISDIR(mode):
                inside.append(path)
            if is_regular and source_names.is_archive(path):
                archives.append(Entry(path, size_bytes, modified_s))
            elif is_regular != source_names.is_archive(source_names.without_sidecar(path)):
                self._note(path)
        for path in untaken(archives) if archives else ():
            self._entries.setdefault(path, None)
        return inside

    def _note(self, path: str) -> None:
        """Looks at an archive, or at up to so many files that are none, from now on."""
        is_archive = source_names.is_archive(path)
        is_shown = source_names.is_strange(path) or source_names.is_archive(
            source_names.without_sidecar(path)
        )
        if not is_archive and is_shown and len(self._strange) < source_names.MOST_STRANGE:
            self._strange.add(path)
        if is_archive or path in self._strange:
            self._entries.setdefault(path, None)

    def _look(self, tree: FolderTree) -> Iterator[Entry]:
        """What was not taken, as it is now, or as it was last looked at on a server."""
        for path in self._to_look_at(tree):
            del self._entries[path]
            places = (path,) if path in self._strange else (path, path + SIDECAR)
            found = tuple(each for place in places for each in tree.look(place))
            if found and found[0].name == path:
                self._entries[path] = found
            else:
                self._strange.discard(path)
        unique = {each.name: each for found in self._entries.values() for each in found or ()}
        return iter(unique.values())

    def _to_look_at(self, tree: FolderTree) -> list[str]:
        if tree.is_quick:
            return list(self._entries)
        new = [path for path, found in self._entries.items() if found is None]
        others = (path for path, found in self._entries.items() if found is not None)
        return [*new[:LOOKS], *islice(others, LOOKS_AGAIN)]

    def _refusals(self) -> Iterator[Entry]:
        for folder, error in self._refused.items():
            yield landing_folder.refused_folder(folder, error)
