"""Parts of the command that need no Spark; orchestration/test_end_to_end.py runs it whole."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from dataflow_health.cli import demo
from dataflow_health.cli.run import print_report
from dataflow_health.errors import NotFound
from dataflow_health.health.status import Status
from dataflow_health.settings import Settings
from dataflow_health_tests.diagram import scenes


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def test_a_fleet_that_was_written_is_not_written_again(tmp_path: Path, console: Console) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text("{}")
    demo._write_fleet(Settings(home=tmp_path), console)
    assert truth.read_text() == "{}"
    assert [path.name for path in tmp_path.rglob("*")] == ["truth.json"]


@pytest.mark.parametrize("name", ["demo", "run", "up"])
def test_the_home_is_a_folder(run, tmp_path: Path, name: str) -> None:
    file = tmp_path / "file"
    file.touch()
    result = run(name, "--home", file)
    assert result.exit_code == 2
    assert "is a file" in result.output


def test_the_home_of_the_environment_is_used(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[Path] = []

    def write_none(chosen: Settings, _console: Console) -> None:
        used.append(chosen.home)
        raise NotFound("nothing more of the demo")

    monkeypatch.setattr(demo, "_write_fleet", write_none)
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "here"))
    assert run("demo").exit_code == 2
    assert used == [tmp_path / "here"]


def test_the_last_lines_name_each_problem_the_next_command_and_the_link() -> None:
    console = Console(file=io.StringIO(), width=80)
    print_report(scenes.one_bad_recording(), console)
    demo._print_next("./start", " --home 'my data'", console)
    problem, following, browser = console.file.getvalue().splitlines()[-3:]
    assert problem.startswith(f"{Status.FAILED.symbol} parse: ")
    assert len(problem) <= 80
    assert following == "Next:    ./start explain --home 'my data'"
    assert browser == "Browser: ./start up --home 'my data'   then open the link that it prints"
