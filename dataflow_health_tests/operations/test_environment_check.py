from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dataflow_health.monitoring.dagster_state import DagsterSnapshot
from dataflow_health.operations.environment_check import (
    HEARTBEAT_TIMEOUT,
    EnvironmentCheck,
    check_environment,
)
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database
from dataflow_health_tests import installation

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STOPPED = DagsterSnapshot({})
CLOSED_SPARK = "spark://127.0.0.1:1"


def check(name: str, settings: Settings, dagster: DagsterSnapshot = STOPPED) -> EnvironmentCheck:
    """The check of that name; the checks after it do not run."""
    return next(each for each in check_environment(settings, dagster, NOW) if each.name == name)


def test_this_python_and_the_shipped_configuration_are_ok(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path)
    assert check("python", settings).outcome == "ok"
    assert "files are valid" in check("config", settings).detail


def test_invalid_yaml_is_named_with_the_command_that_lists_every_error(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "processes").mkdir(parents=True)
    (own / "processes" / "link.yaml").write_text("describes: [\n")
    found = check("config", installation.settings(tmp_path, config=str(own)))
    assert (found.outcome, found.fix) == ("failed", f"dataflow-health validate {own}")
    assert "link.yaml" in found.detail


@pytest.mark.parametrize(("share", "outcome"), [(1e-9, "ok"), (1 - 1e-9, "failed")])
def test_the_disk_needs_its_free_share_even_before_the_home_exists(
    tmp_path: Path, share: float, outcome: str
) -> None:
    found = check("disk", installation.settings(tmp_path / "new" / "home", disk_free_share=share))
    assert found.outcome == outcome
    assert found.detail.endswith(f"is free at {tmp_path}")


def test_a_missing_landing_folder_fails_only_when_it_was_chosen(tmp_path: Path) -> None:
    assert check("source", installation.settings(tmp_path)).outcome == "missing"
    chosen = installation.settings(tmp_path, source_url=str(tmp_path / "gone"))
    found = check("source", chosen)
    assert (found.outcome, found.fix.startswith(f"mkdir -p {tmp_path / 'gone'}")) == (
        "failed", True,
    )  # fmt: skip
    (tmp_path / "gone").mkdir()
    assert check("source", chosen).outcome == "ok"


def test_the_password_of_a_source_is_not_shown(tmp_path: Path) -> None:
    url = "sftp://station:s3@cret@files.example/landing?token=s3cret"
    found = check("source", installation.settings(tmp_path, source_url=url))
    shown = "sftp://station:***@files.example/landing?token=***"
    assert (found.outcome, found.detail) == ("ok", shown)


def test_a_password_in_the_query_of_the_database_url_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite"
    settings = installation.settings(tmp_path, database_url=f"sqlite:///{path}?password=s3cret")
    assert "s3cret" not in check("database", settings).detail


def test_a_ledger_that_was_never_created_is_missing_and_an_unreachable_one_fails(
    tmp_path: Path,
) -> None:
    settings = installation.settings(tmp_path)
    assert check("database", settings).outcome == "missing"
    installation.filled(settings).dispose()
    assert check("database", settings).outcome == "ok"
    url = "postgresql://me:s3cret@127.0.0.1:1/db"
    found = check("database", installation.settings(tmp_path, database_url=url))
    assert (found.outcome, "s3cret" in found.detail) == ("failed", False)


def test_a_ledger_of_a_newer_version_fails_and_says_what_to_do(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path)
    engine = installation.filled(settings)
    with database.writing(engine) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    found = check("database", settings)
    assert found.outcome == "failed"
    assert "9999, newer than this code's" in found.detail
    assert "upgrade" in found.fix


@pytest.mark.server
def test_a_spark_master_that_does_not_respond_fails(tmp_path: Path) -> None:
    found = check("spark", installation.settings(tmp_path, spark_master=CLOSED_SPARK))
    assert found.outcome == "failed"
    assert "DATAFLOW_HEALTH_SPARK_MASTER=local[2]" in found.fix
    assert check("spark", installation.settings(tmp_path, spark_master="local[1]")).outcome == "ok"


@pytest.mark.server
@pytest.mark.parametrize(
    ("age", "outcome"),
    [(HEARTBEAT_TIMEOUT, "ok"), (HEARTBEAT_TIMEOUT + timedelta(seconds=1), "missing")],
)
def test_the_daemon_is_judged_by_its_oldest_heartbeat(
    tmp_path: Path, age: timedelta, outcome: str
) -> None:
    dagster = DagsterSnapshot({"SENSOR": NOW, "SCHEDULER": NOW - age})
    found = check("daemon", installation.settings(tmp_path, spark_master="local[1]"), dagster)
    assert found.outcome == outcome


@pytest.mark.server
def test_a_heartbeat_that_comes_during_the_checks_has_no_negative_age(tmp_path: Path) -> None:
    dagster = DagsterSnapshot({"SENSOR": NOW + timedelta(seconds=16)})
    found = check("daemon", installation.settings(tmp_path, spark_master="local[1]"), dagster)
    assert (found.outcome, found.detail) == ("ok", "the oldest heartbeat is 0 s old")


@pytest.mark.server
def test_a_daemon_that_never_ran_is_missing(tmp_path: Path) -> None:
    found = check("daemon", installation.settings(tmp_path, spark_master="local[1]"))
    assert (found.outcome, found.fix) == ("missing", "dataflow-health up")
