"""Parts of the command that need no Spark; orchestration/test_end_to_end.py runs it whole."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dataflow_health.cli import demo
from dataflow_health.settings import Settings


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_a_fleet_that_was_written_is_not_written_again(tmp_path: Path, console: Console) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text("{}")
    demo._write_fleet(Settings(home=tmp_path), console)
    assert truth.read_text() == "{}"
    assert [path.name for path in tmp_path.rglob("*")] == ["truth.json"]


def test_the_home_of_the_demo_is_a_folder(run, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    result = run("demo", "--home", file)
    assert result.exit_code == 2
    assert "is a file" in result.output
