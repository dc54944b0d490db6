import json
import resource
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from dataflow_health.api.app import create_app
from dataflow_health.cli import status
from dataflow_health.errors import ApiError
from dataflow_health.health.observation import Observation
from dataflow_health.schemas import HealthStatus
from dataflow_health.settings import Settings
from dataflow_health.storage.ledger import lake_marker
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations
from dataflow_health_tests import factories
from dataflow_health_tests.diagram import scenes
from dataflow_health_tests.installation import NOW, app, filled, served, settings
from dataflow_health_tests.ledgers import open_ledger

NOT_NEEDED = ("dagster", "pyspark", "polars", "pandas", "numpy", "sqlglot", "alembic", "httpx")
LIBRARIES = """
import click, loguru, pydantic, rich.console, rich.live, rich.table, sqlalchemy, yaml

class Model(pydantic.BaseModel): count: int

sqlalchemy.create_engine("sqlite://").connect().close()
"""
"""What any such command needs. Pydantic and SQLAlchemy import most of themselves on first use."""


def test_the_worst_status_comes_first_with_reason_and_time(run, installation: Settings) -> None:
    result = run("status", "--home", installation.home)
    lines = result.output.splitlines()
    assert "1 FAILED" in lines[0]
    assert lines[1].split()[1:3] == ["FAILED", "parse"]
    assert "frames_in_sync" in lines[1]
    assert len(lines) == 1 + len(factories.catalogue().processes)
    assert result.exit_code == 1


def test_the_json_is_the_report(run, installation: Settings) -> None:
    result = run("status", "--home", installation.home, "--json")
    report = json.loads(result.output)
    assert report["status"] == "FAILED"
    assert {each["name"] for each in report["processes"]} >= {"parse", "load", "spark"}


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (scenes.healthy_except(), 0),
        (scenes.one_bad_recording(), 1),
        (scenes.database_down(), 1),
        (scenes.stale_and_warning(), 2),
        (scenes.never_run(), 2),
    ],
)
def test_the_exit_code_depends_on_the_statuses(report, code: int) -> None:
    assert status.exit_code(report) == code


def test_without_a_ledger_the_error_names_the_commands_that_create_one(run, tmp_path: Path) -> None:
    result = run("status", "--home", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "dataflow-health demo" in result.output
    assert not (tmp_path / "nowhere").exists()


def test_an_unreachable_database_is_failed_without_a_traceback(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://reader:s3cret@127.0.0.1:1/results"
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", url)
    result = run("status", "--home", tmp_path)
    assert result.exit_code == 1
    assert result.output.splitlines()[1].startswith("The ledger is unreachable: ")
    assert "FAILED   results_database" in result.output
    assert "s3cret" not in result.output


@pytest.mark.server
def test_the_api_by_its_url_shows_the_same_statuses(run, installation: Settings) -> None:
    here = run("status", "--home", installation.home, "--json")
    with served(app(installation)) as url:
        there = run("status", "--url", url, "--json")
    statuses = [
        {each["name"]: each["status"] for each in json.loads(result.output)["processes"]}
        for result in (here, there)
    ]
    assert statuses[0]["parse"] == statuses[1]["parse"] == "FAILED"


@pytest.mark.server
def test_the_api_and_the_command_line_agree_while_the_database_is_unreachable(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://reader@127.0.0.1:1/results"
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", url)
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / lake_marker.MARKER).touch()
    chosen = settings(tmp_path, database_url=url)
    here = run("status", "--home", tmp_path, "--json")
    with served(create_app(chosen)) as where:
        there = run("status", "--url", where, "--json")
    reports = [json.loads(result.output) for result in (here, there)]
    statuses = [
        {each["name"]: each["status"] for each in report["processes"]} for report in reports
    ]
    assert statuses[0] == statuses[1]
    assert {name for name, each in statuses[0].items() if each == "FAILED"} == {
        "results_database", "landing_folder",
    }  # fmt: skip
    assert {statuses[0][stage] for stage in STAGES} == {"BLOCKED"}
    assert statuses[0]["lake_disk"] == "HEALTHY"
    assert all(report["ledger_error"] for report in reports)


@pytest.mark.slow
def test_the_option_probe_runs_the_live_checks(run, tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    engine = filled(chosen)
    old = NOW - timedelta(days=1)
    stale = Observation(process="lake_disk", check="disk_free", outcome="passed", at=old)
    observations.save(engine, [stale])
    engine.dispose()
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / lake_marker.MARKER).touch()

    def lake_disk(*words: str) -> str:
        report = json.loads(run("status", "--home", tmp_path, "--json", *words).output)
        return next(p["status"] for p in report["processes"] if p["name"] == "lake_disk")

    assert lake_disk() in ("STALE", "UNKNOWN")
    assert lake_disk("--probe") == "HEALTHY"


def test_a_time_without_a_zone_is_refused(run, installation: Settings) -> None:
    result = run("status", "--home", installation.home, "--at", "2026-11-20T03:00")
    assert result.exit_code == 2
    assert "is not a time with a time zone" in result.output


def test_a_status_that_cannot_be_refreshed_is_marked_as_old() -> None:
    last = HealthStatus(**dict(scenes.healthy_except()))
    shown = status._with_age(last, "the API does not respond", 42.0)
    lines = [str(each) for each in shown.renderables[:2]]
    assert lines == ["the API does not respond", "OLD DATA: last refreshed 42 s ago"]


def test_watching_continues_after_an_error_until_it_is_interrupted() -> None:
    calls: list[int] = []

    def read_status() -> HealthStatus:
        calls.append(1)
        if len(calls) == 2:
            raise ApiError("the API does not respond")
        if len(calls) == 4:
            raise KeyboardInterrupt
        return HealthStatus(**dict(scenes.healthy_except()))

    status._watch(read_status, 0.0)
    assert len(calls) == 4


def test_markup_in_a_reason_stays_text(run, tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    engine = open_ledger(chosen.database_url.get_secret_value())
    hostile = Observation(
        process="spark", check="spark_workers", outcome="failed", at=NOW, detail="[red]x[/]"
    )
    observations.save(engine, [hostile])
    engine.dispose()
    assert "[red]x[/]" in run("status", "--home", tmp_path).output


@pytest.mark.parametrize("command", ["status", "explain", "fleet", "diagram"])
@pytest.mark.server
def test_a_read_command_imports_only_what_it_needs(installation: Settings, command: str) -> None:
    code = (
        "import sys\n"
        "from dataflow_health.cli import main\n"
        f"try: main(['{command}', '--home', {str(installation.home)!r}])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {NOT_NEEDED!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.timing
@pytest.mark.server
def test_status_takes_little_more_time_than_importing_its_libraries(installation: Settings) -> None:
    least_s = min(cpu_s("-c", LIBRARIES) for _ in range(3))
    home = str(installation.home)
    status_s = min(cpu_s("-m", "dataflow_health.cli", "status", "--home", home) for _ in range(3))
    assert status_s < 2.5 * least_s


def cpu_s(*words: str) -> float:
    """Processor time of a new interpreter; other load on the machine hardly changes it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
