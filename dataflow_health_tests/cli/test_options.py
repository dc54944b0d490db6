from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from loguru import logger

from dataflow_health.cli import options
from dataflow_health.errors import ConfigError, ConfigIssue, NotFound
from dataflow_health.settings import Settings


def test_the_home_option_takes_precedence_over_the_environment(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "other"))
    assert options.load_settings(tmp_path).home == tmp_path
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path / "other"))
    assert options.load_settings().home == tmp_path / "other"


@pytest.mark.parametrize(
    ("quiet", "level", "is_logged"), [(False, "", True), (True, "", False), (True, "INFO", True)]
)
def test_a_quiet_command_logs_errors_only_unless_a_level_is_set(
    run, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    quiet: bool, level: str, is_logged: bool,
) -> None:  # fmt: skip
    if level:
        monkeypatch.setenv("DATAFLOW_HEALTH_LOG_LEVEL", level)
    loaded = options.load_settings(quiet=quiet)
    assert isinstance(loaded, Settings)
    logger.info("a line at level INFO")
    assert ("a line at level INFO" in capsys.readouterr().err) == is_logged


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NotFound("no process is named 'pars'"), "no process is named 'pars'"),
        (ConfigError((ConfigIssue("a.yaml", 1, "k", "wrong"), ConfigIssue("b.yaml", 0, "", "no"))),
         "a.yaml:1: k: wrong\nb.yaml: no"),
        (NotFound("nothing at sftp://u:p@ss@h?token=s3"), "nothing at sftp://u:***@h?token=***"),
    ],
)  # fmt: skip
def test_an_error_is_printed_without_traceback_and_exits_with_code_2(
    capsys: pytest.CaptureFixture[str], error: Exception, message: str
) -> None:
    @options.report_errors
    def fails() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        fails()
    assert ended.value.code == options.EXIT_UNKNOWN
    assert capsys.readouterr().err == f"{message}\n"


def test_an_unexpected_error_keeps_its_traceback() -> None:
    @options.report_errors
    def fails() -> None:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        fails()


def test_an_option_with_a_default_shows_it_in_its_help() -> None:
    @click.command()
    @options.option_with_default("--days", click.IntRange(1), 3, "Number of days.")
    @options.into_option("days.yaml to.")
    def command(days: int, into: Path | None) -> None:
        click.echo(f"{days} {into}")

    runner = CliRunner()
    assert runner.invoke(command, []).output == "3 None\n"
    assert runner.invoke(command, ["--days", "2", "--into", "here"]).output == "2 here\n"
    shown = runner.invoke(command, ["--help"]).output
    assert "Number of days.  [default: 3;" in shown
    assert "Configuration folder to write days.yaml to." in shown


def test_commands_to_type_next_begin_as_this_one_did(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAFLOW_HEALTH_PROGRAM", raising=False)  # ./start sets it
    text = "See what dataflow-health status shows; dataflow-health's log."
    assert options.as_typed(text) == text
    monkeypatch.setenv("DATAFLOW_HEALTH_PROGRAM", "./start")
    assert options.as_typed(text) == "See what ./start status shows; dataflow-health's log."
