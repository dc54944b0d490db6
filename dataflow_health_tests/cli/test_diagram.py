from pathlib import Path

from dataflow_health.monitoring import evaluation, health_service, status_history
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories
from dataflow_health_tests.installation import NOW, filled, settings


def test_the_diagram_is_mermaid_text(run, installation: Settings) -> None:
    result = run("diagram", "--home", installation.home)
    assert "flowchart TB" in result.output
    assert result.exit_code == 0


def test_the_diagram_is_written_to_an_svg_file(run, installation: Settings, tmp_path: Path) -> None:
    result = run("diagram", "--home", installation.home, "--svg", tmp_path / "board.svg")
    assert result.exit_code == 0
    assert (tmp_path / "board.svg").read_text().startswith("<svg")


def test_differences_between_two_times_are_listed(run, tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    filled(chosen).dispose()
    engine = database.connect(chosen.database_url.get_secret_value())
    sources = factories.dependencies(tmp_path, engine)
    then = NOW.replace(hour=3)
    status_history.record(engine, evaluation.make_report(sources.catalogue, (), then))
    status_history.record(engine, health_service.from_ledger(engine, sources.catalogue, NOW))
    engine.dispose()
    times = ("2026-11-20T03:00Z", "2026-11-20T12:00Z")
    result = run("diagram", "--home", tmp_path, "--diff", *times)
    assert "parse: ? UNKNOWN -> × FAILED: " in result.output  # noqa: RUF001
    same = run("diagram", "--home", tmp_path, "--diff", times[0], times[0])
    assert "nothing changed" in same.output
    past = run("diagram", "--home", tmp_path, "--at", times[0])
    assert "at 2026-11-20 03:00:00Z: UNKNOWN" in past.output


def test_differences_cannot_be_combined_with_svg(run, installation: Settings) -> None:
    times = ("2026-11-20T03:00Z", "2026-11-20T12:00Z")
    result = run("diagram", "--home", installation.home, "--diff", *times, "--svg", "x.svg")
    assert result.exit_code == 2
    assert "--diff" in result.output
