from datetime import timedelta
from pathlib import Path

import click
import pytest

from dataflow_health.cli.backend import LocalBackend, open_backend
from dataflow_health.client import Client
from dataflow_health.errors import ApiError, DatabaseError, NotFound
from dataflow_health.health.status import Status
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene
from dataflow_health_tests.installation import NOW, recording_id
from dataflow_health_tests.ledgers import open_ledger


@pytest.fixture(scope="module")
def backend(installation: Settings) -> LocalBackend:
    return LocalBackend(installation)


def test_the_local_backend_reads_the_installation(backend: LocalBackend) -> None:
    status = backend.status()
    assert [process.name for process in status.causes] == ["parse"]
    assert (status.ledger_error, status.status) == ("", Status.FAILED)
    (cause,) = backend.explain_pipeline().causes
    assert cause.reason == backend.explain_process("parse").reason
    assert backend.fleet_health(3660).aircraft[0].status is Status.FAILED
    assert backend.aircraft_readiness("HB-Z00").ready
    assert backend.algorithm_runs(tail="HB-Z01", limit=2).total == 15
    assert backend.recording_history(recording_id(19)[:8]).stages[-1].reason == "no_sync"
    assert "flowchart" in backend.diagram(expand=True)


def test_while_the_yaml_is_invalid_the_built_in_processes_are_shown_below_its_error(
    run, installation: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(tmp_path / "away"))
    result = run("explain", "--home", installation.home)
    assert f"{tmp_path / 'away'}" in result.stderr
    assert "built-in processes only" in result.stderr
    assert "FAILED parse" in result.stdout
    assert result.exit_code == 1


def test_the_past_is_read_from_the_history(backend: LocalBackend) -> None:
    assert backend.status(NOW - timedelta(days=1)).status is Status.UNKNOWN
    assert backend.status_diff(NOW - timedelta(days=1), NOW - timedelta(hours=23)).changes == ()


def test_without_a_url_the_local_installation_is_opened(run, installation: Settings) -> None:
    opened = open_backend(installation.home, None)
    assert isinstance(opened, LocalBackend)
    assert opened.settings.home == installation.home


def test_with_a_url_the_api_is_opened_and_closed_with_the_command(run, tmp_path: Path) -> None:
    with click.Context(click.Command("status")):
        assert isinstance(open_backend(tmp_path, "http://localhost:8000"), Client)
        with pytest.raises(ApiError, match="is not a URL"):
            open_backend(tmp_path, "http://localhost:port")


def test_a_machine_without_a_ledger_is_refused_with_the_commands_that_create_one(
    tmp_path: Path,
) -> None:
    with pytest.raises(NotFound, match="dataflow-health demo or up"):
        LocalBackend(scene.settings(tmp_path / "nowhere"))


def test_an_unreachable_ledger_is_reported_in_the_status(tmp_path: Path) -> None:
    url = "postgresql://reader:s3cret@127.0.0.1:1/results"
    status = LocalBackend(scene.settings(tmp_path, database_url=url)).status()
    assert status.ledger_error
    assert "s3cret" not in status.ledger_error
    failed = {process.name for process in status.processes if process.status is Status.FAILED}
    assert "results_database" in failed


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    settings = scene.settings(tmp_path)
    engine = open_ledger(settings.database_url.get_secret_value())
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(DatabaseError, match="upgrade dataflow-health"):
        LocalBackend(settings)
