import errno
import itertools
import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow_health.storage.files import folder_tree, folder_watch, landing_folder, slices
from dataflow_health.storage.files.folder_tree import LocalTree
from dataflow_health.storage.files.folder_watch import COARSEST_TIME, FULL_AFTER, FolderWatch
from dataflow_health.storage.files.landing_folder import Entry
from dataflow_health_tests.factories import NOON

NAMES = ("a.zip", "b.zip", "day/a.zip", "day/b.txt", "day/deep/c.zip", ".hidden")
TIMES = itertools.count(1_700_000_000)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "remove", "take", "nothing", "sidecar"]),
        st.sampled_from(NAMES),
        st.sampled_from([0, 1, 5]),
    ),
    max_size=12,
)
"""Change, file, and seconds until the folder is listed again."""


class Quiet(LocalTree):
    """A file system without events, as one that is shared over the network."""

    def events(self) -> None:
        return None


class Source:
    """A landing folder, its watch, and what was taken of it."""

    def __init__(self, root: Path, tree: Callable[[str], LocalTree] = LocalTree) -> None:
        self.root, self.tree, self.watch = root, tree(str(root)), FolderWatch()
        self.taken: set[str] = set()

    def untaken(self, entries: Sequence[Entry]) -> list[str]:
        return [each.name for each in entries if each.name not in self.taken]

    def names(self, now: datetime = NOON) -> list[str]:
        found = self.watch.find(self.tree, self.untaken, now)
        self.watch.leave_out(self.taken)
        return sorted(each.name for each in found if each.name not in self.taken)


def change(root: Path, step: str, name: str) -> None:
    """Changes a file; its folder's time changes when an entry comes or goes, as clocks go on."""
    path = root / (name + ".sha256" if step == "sidecar" else name)
    existed = path.exists()
    if step in ("write", "sidecar"):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(bytes(next(TIMES) % 7))
    elif step == "remove":
        path.unlink(missing_ok=True)
    if path.exists() != existed:
        for folder in {root, *(each for each in path.parents if root in each.parents)}:
            os.utime(folder, (next(TIMES), next(TIMES)))


@pytest.mark.parametrize("tree", [LocalTree, Quiet])
@given(steps=STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_not_taken_is_listed_as_it_is(
    tmp_path_factory: pytest.TempPathFactory,
    tree: Callable[[str], LocalTree],
    steps: list[tuple[str, str, int]],
) -> None:
    here, now = Source(tmp_path_factory.mktemp("landing"), tree), NOON
    for step, name, seconds in steps:
        change(here.root, step, name)
        if step == "take" and name.endswith(".zip"):
            here.taken.add(name)
        now += timedelta(seconds=seconds)
        shown = here.names(now)
        there = {each.name for each in landing_folder.entries(str(here.root))}
        archives = {name for name in there if name.endswith(".zip")} - here.taken
        assert {name for name in shown if name.endswith(".zip")} == archives
        sidecars = {name for name in shown if name.endswith(".sha256")}
        of_taken = {f"{name}.sha256" for name in here.taken}
        assert sidecars - of_taken == {f"{name}.sha256" for name in archives} & there
    here.watch.close()


@pytest.mark.parametrize("tree", [LocalTree, Quiet])
def test_a_folder_that_has_not_changed_is_not_listed(
    tmp_path: Path, tree: Callable[[str], LocalTree]
) -> None:
    for name in ("a.zip", "b.zip"):
        (tmp_path / name).write_bytes(b"PK")
    here = Source(tmp_path, tree)
    here.taken = {"a.zip"}
    for times in range(3):
        here.names(NOON + times * COARSEST_TIME)
    with patch.object(folder_tree.os, "scandir", side_effect=AssertionError):
        assert here.names(NOON + 3 * COARSEST_TIME) == ["b.zip"]


def test_a_file_that_grows_in_a_folder_that_does_not_change_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    here = Source(tmp_path)
    here.names()
    with (tmp_path / "a.zip").open("ab") as upload:
        upload.write(b"more")
    [found] = here.watch.find(here.tree, here.untaken, NOON)
    assert found.size_bytes == 6


def test_a_folder_that_is_gone_is_left_out_and_the_root_raises(tmp_path: Path) -> None:
    root = tmp_path / "landing"
    with pytest.raises(FileNotFoundError):
        Source(root).names()
    (root / "day").mkdir(parents=True)
    (root / "day" / "a.zip").touch()
    here = Source(root, Quiet)
    assert here.names() == ["day/a.zip"]
    (root / "day" / "a.zip").unlink()
    (root / "day").rmdir()
    assert here.names(NOON + FULL_AFTER) == []


def test_a_folder_without_permission_is_refused_until_it_has_it(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    (tmp_path / "day" / "a.zip").touch()
    here = Source(tmp_path)
    real = folder_tree.os.scandir

    def scan(path: str) -> object:
        if path.endswith("day"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path)

    with patch.object(folder_tree.os, "scandir", scan):
        assert here.names() == ["day/"]
        assert here.names() == ["day/"]
    assert here.names() == ["day/a.zip"]


def test_a_large_source_is_compared_in_shares_and_nothing_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "CHUNK", 2)
    for name in ("FIRST_S", "QUICK_S", "TIMES_S"):
        monkeypatch.setattr(slices, name, 0)
    for number in range(10):
        (tmp_path / f"{number}.zip").touch()
    here = Source(tmp_path, Quiet)
    steps = [len(here.names()) for _ in range(12)]
    assert steps[0] == 2
    assert steps[-1] == 10
    here.taken = {f"{number}.zip" for number in range(10)}
    (tmp_path / "late.zip").touch()
    (tmp_path / "4.zip").write_bytes(b"again")
    here.taken -= {"4.zip"}
    found = [here.names(NOON + FULL_AFTER + timedelta(seconds=n)) for n in range(20)]
    assert found[-1] == ["4.zip", "late.zip"]


def test_events_that_were_lost_list_everything(tmp_path: Path) -> None:
    here = Source(tmp_path)
    assert here.names() == []
    (tmp_path / "day").mkdir()
    here.names()
    (tmp_path / "day" / "a.zip").touch()
    (tmp_path / "day").rename(tmp_path / "other")
    assert here.names() == ["other/a.zip"]


def test_a_folder_that_is_made_again_is_watched_again(tmp_path: Path) -> None:
    here = Source(tmp_path)
    for _ in range(2):
        (tmp_path / "day" / "deep").mkdir(parents=True)
        (tmp_path / "day" / "deep" / "a.zip").touch()
        assert here.names() == ["day/deep/a.zip"]
        (tmp_path / "day" / "deep" / "a.zip").unlink()
        (tmp_path / "day" / "deep").rmdir()
        (tmp_path / "day").rmdir()
        assert here.names() == []


def test_a_disk_that_is_mounted_over_the_folder_is_listed(tmp_path: Path) -> None:
    root = tmp_path / "landing"
    root.mkdir()
    here = Source(root)
    assert here.names() == []
    root.rename(tmp_path / "before")
    root.mkdir()
    (root / "a.zip").touch()
    assert here.names() == ["a.zip"]


def test_files_that_waited_before_a_start_are_looked_at_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "CHUNK", 1)
    monkeypatch.setattr(slices, "FIRST_S", 0)
    for number in range(5):
        (tmp_path / f"{number}.zip").touch()
    watch = FolderWatch(["4.zip", "gone.zip"])
    found = watch.find(LocalTree(str(tmp_path)), lambda _entries: [], NOON)
    assert [each.name for each in found] == ["4.zip"]
