"""What the pages say to a new user, tried as written on a bare Debian."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.bare_debian import USER, BareDebian, Unavailable, make
from benchmarks.installation import install_wheel
from dataflow_health_tests.written_pages import check_page

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/tutorial/first_fleet.md", "docs/tutorial/first_algorithm.md",
         "docs/tutorial/bad_night.md", "docs/howto/backup.md", "docs/walkthrough.md")  # fmt: skip

pytestmark = [pytest.mark.soak, pytest.mark.server]


@pytest.fixture(scope="module")
def debian() -> Iterator[BareDebian]:
    with tempfile.TemporaryDirectory(dir="/var/tmp", ignore_cleanup_errors=True) as folder:
        try:
            yield make(Path(folder))
        except Unavailable as error:
            pytest.skip(f"no bare Debian here: {error}")


@pytest.fixture(scope="module")
def clone(debian: BareDebian) -> str:
    """A clone in the home of a user without rights."""
    return debian.clone(USER)


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_work_as_written(debian: BareDebian, clone: str, page: str) -> None:
    check_page(ROOT / page, debian.shell(USER, clone), None, os.environ)


def test_root_runs_the_readme_too(debian: BareDebian) -> None:
    clone = debian.clone("root")
    check_page(ROOT / "README.md", debian.shell("root", clone), None, os.environ)


def test_the_wheel_installed_by_pip_works_the_same(debian: BareDebian) -> None:
    install_wheel(debian)
    shown = debian.run(USER, "venv/bin/dataflow-health demo --home wheel_home")
    assert "× FAILED   extract   18    17          0            1        0" in shown  # noqa: RUF001
    assert "Next:    dataflow-health explain --home wheel_home" in shown
