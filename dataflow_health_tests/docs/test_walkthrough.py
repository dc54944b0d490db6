"""The commands of the tutorials, run as written in a folder of their own."""

from pathlib import Path

import pytest

from dataflow_health_tests.written_pages import (
    Block,
    check_page,
    environ,
    make_clone,
    matches,
    normalise,
    read_blocks,
    script,
)

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.mark.parametrize(
    ("expected", "printed", "is_equal"),
    [
        ("a\nb", "a\nb", True),
        ("a\n...\nd", "a\nb\nc\nd", True),
        ("...\nd", "a\nd", True),
        ("a\n...", "a\nb", True),
        ("a\n...\nd", "a\nb\nc", False),
        ("a.c", "abc", False),
    ],
)
def test_three_dots_stand_for_any_lines(expected: str, printed: str, is_equal: bool) -> None:
    assert matches(expected, printed) is is_equal


def test_what_differs_between_two_runs_is_left_out() -> None:
    first = "to /a/b/home/landing on 2026-11-20 10:30 UTC (1 min 3 s)\n99/101  7 s ago  "
    second = "to /c/home/landing on 2026-12-01 11:00 UTC (4 s)\n98/102 1 h 2 min ago"
    assert normalise(first).split() == normalise(second).split()


def test_a_server_of_a_page_is_interrupted_when_it_serves() -> None:
    commands = script([Block("export A=1\n./start up --port 4000\n", None)])
    assert "./start up --port 4000 >up.log 2>&1 & up=$!" in commands
    assert "kill -INT $up" in commands


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return make_clone(tmp_path)


@pytest.mark.spark
@pytest.mark.parametrize(
    ("page", "columns"),
    [
        ("walkthrough.md", 120),
        ("tutorial/first_algorithm.md", 80),
        ("tutorial/bad_night.md", 80),
    ],
)
def test_the_commands_of_a_tutorial_print_what_it_shows(
    page: str, columns: int, clone: Path
) -> None:
    check_page(DOCS / page, ["bash", "-c"], clone, environ(columns))


def test_every_tutorial_shows_outputs() -> None:
    for page in (*DOCS.glob("tutorial/*.md"), DOCS / "walkthrough.md"):
        assert sum(block.shown is not None for block in read_blocks(page)) >= 4, page
