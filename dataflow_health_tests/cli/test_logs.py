import json
from pathlib import Path

import pytest


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "api.log").write_text("one\n\x1b[32mtwo\x1b[0m \x1b]0;title\x07\n")
    (tmp_path / "spark.log").write_text("in spark\n")
    return tmp_path


def test_the_last_lines_of_one_or_all_are_printed_safely(run, home: Path) -> None:
    one = run("logs", "tail", "api", "-n", 1, "--home", home)
    assert one.output == "two \\x1b]0;title\\x07\n"
    every = run("logs", "tail", "--home", home).output.splitlines()
    assert [line.split("|")[0].strip() for line in every] == ["api", "api", "spark"]


def test_each_line_is_an_object_of_json(run, home: Path) -> None:
    lines = run("logs", "tail", "spark", "--json", "--home", home).output.splitlines()
    assert [json.loads(line) for line in lines] == [{"service": "spark", "line": "in spark"}]


def test_a_home_without_logs_is_named(run, tmp_path: Path) -> None:
    result = run("logs", "tail", "--home", tmp_path)
    assert (result.exit_code, "no log of" in result.output) == (2, True)
