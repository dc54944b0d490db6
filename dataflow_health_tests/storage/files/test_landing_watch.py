import errno
import itertools
import os
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dataflow_health.storage.files import landing_folder, landing_watch
from dataflow_health.storage.files.landing_folder import Entry
from dataflow_health.storage.files.landing_watch import COARSEST_TIME, LandingWatch
from dataflow_health_tests.factories import NOON

NAMES = ("a.zip", "b.zip", "day/a.zip", "day/b.txt", ".hidden")
TIMES = itertools.count(1_700_000_000)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "remove", "take", "nothing"]),
        st.sampled_from(NAMES),
        st.sampled_from([0, 1, 5]),
    ),
    max_size=12,
)
"""Change, file, and seconds until the folder is listed again."""


def change(root: Path, step: str, name: str) -> None:
    """Changes a file; its folder's time changes when an entry comes or goes, as clocks go on."""
    path = root / name
    existed = path.exists()
    if step == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(next(TIMES) % 7))
    elif step == "remove":
        path.unlink(missing_ok=True)
    if path.exists() != existed:
        for folder in {path.parent, root}:
            os.utime(folder, (next(TIMES), next(TIMES)))


@given(steps=STEPS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_not_taken_is_listed_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, int]]
) -> None:
    root, watch, taken, now = tmp_path_factory.mktemp("landing"), LandingWatch(), set(), NOON
    for step, name, seconds in steps:
        change(root, step, name)
        if step == "take":
            taken.add(name)
        now += timedelta(seconds=seconds)
        expected = [e for e in landing_folder.entries(str(root)) if e.name not in taken]
        found = list(watch.entries(str(root), taken, now))
        assert sorted(found) == sorted(expected)


def settle(root: Path, watch: LandingWatch, taken: set[str]) -> list[Entry]:
    """Entries after the folder was listed long enough after its change."""
    found: list[Entry] = []
    for times in range(3):
        found = list(watch.entries(str(root), taken, NOON + times * COARSEST_TIME))
    return found


def test_a_folder_that_has_not_changed_is_not_listed_nor_its_taken_files_looked_at(
    tmp_path: Path,
) -> None:
    for name in ("a.zip", "b.zip"):
        (tmp_path / name).write_bytes(b"PK")
    watch = LandingWatch()
    settle(tmp_path, watch, {"a.zip"})
    with (
        patch.object(landing_watch.os, "scandir", side_effect=AssertionError),
        patch.object(landing_folder.os, "lstat", wraps=os.lstat) as looked_at,
    ):
        [found] = settle(tmp_path, watch, {"a.zip"})
    assert found.name == "b.zip"
    assert {Path(call.args[0]).name for call in looked_at.call_args_list} == {"b.zip"}


def test_a_file_that_grows_in_a_folder_that_does_not_change_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK")
    watch = LandingWatch()
    settle(tmp_path, watch, set())
    with (tmp_path / "a.zip").open("ab") as upload:
        upload.write(b"more")
    [found] = settle(tmp_path, watch, set())
    assert found.size_bytes == 6


def test_a_folder_that_is_gone_is_refused_and_the_root_raises(tmp_path: Path) -> None:
    root = tmp_path / "landing"
    with pytest.raises(FileNotFoundError):
        list(LandingWatch().entries(str(root), set(), NOON))
    (root / "day").mkdir(parents=True)
    watch = LandingWatch()
    settle(root, watch, set())
    denied = PermissionError(errno.EACCES, "Permission denied")
    with patch.object(landing_watch.os, "stat", side_effect=[root.stat(), denied]):
        found = list(watch.entries(str(root), set(), NOON + 3 * COARSEST_TIME))
    assert ("day/", "no_permission") in [(each.name, each.reason) for each in found]
