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
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories
from dataflow_health_tests import installation as scene
from dataflow_health_tests.diagram import scenes

NOT_FOR_A_BOARD = ("dagster", "pyspark", "polars", "pandas", "numpy", "sqlglot", "alembic", "httpx")


def test_the_worst_comes_first_with_why_and_since_when(run, installation: Settings) -> None:
    said = run("status", "--home", installation.home)
    lines = said.output.splitlines()
    assert "1 FAILED" in lines[0]
    assert lines[1].split()[1:3] == ["FAILED", "parse"]
    assert "frames_in_sync" in lines[1]
    assert len(lines) == 1 + len(factories.catalogue().processes)
    assert said.exit_code == 1


def test_the_json_is_the_report(run, installation: Settings) -> None:
    said = run("status", "--home", installation.home, "--json")
    told = json.loads(said.output)
    assert told["status"] == "FAILED"
    assert {each["name"] for each in told["processes"]} >= {"parse", "load", "spark"}


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
def test_the_exit_code_says_it_to_a_script(report, code: int) -> None:
    assert status.exit_code(report) == code


def test_a_machine_without_a_ledger_is_told_what_to_do(run, tmp_path: Path) -> None:
    said = run("status", "--home", tmp_path / "nowhere")
    assert said.exit_code == 2
    assert "dataflow-health demo" in said.output
    assert not (tmp_path / "nowhere").exists()


def test_a_database_that_is_away_is_red_and_no_traceback(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://reader:s3cret@127.0.0.1:1/results"
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", url)
    said = run("status", "--home", tmp_path)
    assert said.exit_code == 1
    assert said.output.splitlines()[1].startswith("the ledger does not answer")
    assert "FAILED   results_database" in said.output
    assert "s3cret" not in said.output


@pytest.mark.server
def test_the_api_by_its_url_says_the_same(run, installation: Settings) -> None:
    here = run("status", "--home", installation.home, "--json")
    with scene.served(scene.app(installation)) as url:
        there = run("status", "--url", url, "--json")
    statuses = [
        {each["name"]: each["status"] for each in json.loads(said.output)["processes"]}
        for said in (here, there)
    ]
    assert statuses[0]["parse"] == statuses[1]["parse"] == "FAILED"


@pytest.mark.server
def test_with_the_database_away_the_api_and_the_command_line_say_the_same(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql://reader@127.0.0.1:1/results"
    monkeypatch.setenv("DATAFLOW_HEALTH_DATABASE_URL", url)
    (tmp_path / "lake").mkdir()
    chosen = scene.settings(tmp_path, database_url=url)
    here = run("status", "--home", tmp_path, "--json")
    with scene.served(create_app(chosen)) as where:
        there = run("status", "--url", where, "--json")
    boards = [json.loads(said.output) for said in (here, there)]
    told = [{each["name"]: each["status"] for each in board["processes"]} for board in boards]
    assert told[0] == told[1]
    assert {name for name, each in told[0].items() if each == "FAILED"} == {
        "results_database", "landing_folder",
    }  # fmt: skip
    assert {told[0][stage] for stage in STAGES} == {"BLOCKED"}
    assert told[0]["lake_disk"] == "HEALTHY"
    assert all(board["ledger_error"] for board in boards)


def test_probing_asks_the_world_now(run, tmp_path: Path) -> None:
    chosen = scene.settings(tmp_path)
    engine = scene.filled(chosen)
    old = scene.NOW - timedelta(days=1)
    stale = Observation(process="lake_disk", check="disk_free", outcome="passed", at=old)
    observations.save(engine, [stale])
    engine.dispose()
    (tmp_path / "lake").mkdir()

    def of(*words: str) -> str:
        told = json.loads(run("status", "--home", tmp_path, "--json", *words).output)
        return next(p["status"] for p in told["processes"] if p["name"] == "lake_disk")

    assert of() in ("STALE", "UNKNOWN")
    assert of("--probe") == "HEALTHY"


def test_an_instant_without_a_zone_is_refused(run, installation: Settings) -> None:
    said = run("status", "--home", installation.home, "--at", "2026-11-20T03:00")
    assert said.exit_code == 2
    assert "no instant with a zone" in said.output


def test_a_board_that_is_not_renewed_says_that_it_is_old() -> None:
    board = HealthStatus(**dict(scenes.healthy_except()))
    told = status._with_age(board, "the API does not answer", 42.0)
    words = [str(each) for each in told.renderables[:2]]
    assert words == ["the API does not answer", "DATA IS OLD: what stands here is 42 s old"]


def test_watching_goes_on_through_a_failure_until_it_is_interrupted() -> None:
    asked: list[int] = []

    def ask() -> HealthStatus:
        asked.append(1)
        if len(asked) == 2:
            raise ApiError("the API does not answer")
        if len(asked) == 4:
            raise KeyboardInterrupt
        return HealthStatus(**dict(scenes.healthy_except()))

    status._follow(ask, 0.0)
    assert len(asked) == 4


def test_a_reason_with_markup_in_it_stays_text(run, tmp_path: Path) -> None:
    chosen = scene.settings(tmp_path)
    engine = database.connect(chosen.database_url.get_secret_value())
    database.upgrade(engine)
    hostile = Observation(
        process="spark", check="spark_workers", outcome="failed", at=scene.NOW, detail="[red]x[/]"
    )
    observations.save(engine, [hostile])
    engine.dispose()
    assert "[red]x[/]" in run("status", "--home", tmp_path).output


@pytest.mark.parametrize("command", ["status", "explain", "fleet", "diagram"])
@pytest.mark.server
def test_a_board_starts_without_what_it_does_not_need(installation: Settings, command: str) -> None:
    code = (
        "import sys\n"
        "from dataflow_health.cli import main\n"
        f"try: main(['{command}', '--home', {str(installation.home)!r}])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {NOT_FOR_A_BOARD!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.server
def test_a_board_costs_little_more_than_the_libraries_it_stands_on(installation: Settings) -> None:
    libraries = "import click, rich.console, rich.live, rich.table, pydantic, sqlalchemy, loguru"
    least_s = min(cpu_s("-c", libraries) for _ in range(3))
    home = str(installation.home)
    status_s = min(cpu_s("-m", "dataflow_health.cli", "status", "--home", home) for _ in range(3))
    assert status_s < 2.5 * least_s


def cpu_s(*words: str) -> float:
    """What a fresh interpreter takes of the processor, which a busy machine hardly changes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
