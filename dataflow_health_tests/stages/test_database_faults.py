"""Faults of the database during a day, and what the day comes to afterwards."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from benchmarks.kill_steps import Rows, files, rows
from dataflow_health.errors import DatabaseError
from dataflow_health.operations import ledger_rebuild
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageOptions
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import LIMITS, NOON, dependencies, stage_request
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.stages import processed_day

STAGES = CHAIN[:5]
"""The stages that need no Spark."""
pytestmark = pytest.mark.slow
OPERATOR = Operator("ada", "cli@host")


def no_spark() -> Any:
    raise AssertionError("none of these stages needs Spark")


def run(deps: Dependencies, folder: Path) -> None:
    """Runs the stages, each under its lock as a run of Dagster does."""
    options = StageOptions(str(folder / "landing"), 0, LIMITS, "zst", no_spark)
    for stage in STAGES:
        request = stage_request()
        with locks.acquire(deps.engine, locks.stage_lock(stage.name, request.day)):
            stage.run(deps, request, options)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two flights of two aircraft."""
    folder = tmp_path_factory.mktemp("flights") / "landing"
    flights = [processed_day.make_flight(f"HB-ZA{n}", 6, n, duration_s=600) for n in range(2)]
    archives = {f"{name}.zip": {f"{name}.rdf": raw} for name, _, raw in flights}
    processed_day.land_archives(folder, archives)
    return folder


@pytest.fixture(scope="module")
def undisturbed(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Rows, list[str]]:
    """Rows and files of a day on which nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    shutil.copytree(landing, folder / "landing")
    deps = dependencies(folder)
    run(deps, folder)
    found = rows(deps.engine), files(deps)
    deps.engine.dispose()
    return found


@pytest.fixture
def folder(landing: Path, tmp_path: Path) -> Path:
    shutil.copytree(landing, tmp_path / "landing")
    return tmp_path


def is_whole(deps: Dependencies, undisturbed: tuple[Rows, list[str]]) -> bool:
    assert (rows(deps.engine), files(deps)) == undisturbed
    return all(each.balances for each in stage_counts(deps.engine, NOON))


def at_commits(engine: Engine, wanted: set[int], happens: Callable[[], None]) -> None:
    """Lets something happen just before some of the commits, counted from one."""
    seen = iter(range(1, 10_000))

    @event.listens_for(engine, "commit")
    def before_commit(_connection: object) -> None:
        if next(seen) in wanted:
            happens()


def run_until_whole(deps: Dependencies, folder: Path) -> int:
    """Runs the day as often as the database fails; returns how often that was."""
    for failures in range(20):
        try:
            run(deps, folder)
        except DatabaseError:
            continue
        return failures
    raise AssertionError("the database fails for ever")


def test_a_disk_that_is_full_at_a_commit_loses_nothing(
    folder: Path, undisturbed: tuple[Rows, list[str]]
) -> None:
    deps = dependencies(folder)
    with deps.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    room = iter([0, 1, 2, 4, 1_000_000])
    limits: list[int] = [pages]

    @event.listens_for(deps.engine, "checkout")
    def limit(raw: Any, *_: object) -> None:
        raw.execute(f"PRAGMA max_page_count = {limits[-1]}")

    reasons = []
    for more in room:
        limits.append(pages + more)
        try:
            run(deps, folder)
        except DatabaseError as error:
            reasons.append(str(error))
    assert len(reasons) >= 2
    assert all("full" in each for each in reasons)
    assert is_whole(deps, undisturbed)
    deps.engine.dispose()


def test_a_database_server_that_restarts_in_transactions_loses_nothing(
    folder: Path, undisturbed: tuple[Rows, list[str]], postgres_url: str, clean_server: None
) -> None:
    deps = dependencies(folder, open_ledger(postgres_url))

    def end_connections() -> None:
        """As a restart does: every connection ends with the error of a shutdown."""
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid != pg_backend_pid()"
            )

    at_commits(deps.engine, {3, 7, 12, 18, 25}, end_connections)
    assert run_until_whole(deps, folder) >= 2
    assert is_whole(deps, undisturbed)
    deps.engine.dispose()


@pytest.fixture
def clean_server(postgres_url: str) -> Iterator[None]:
    from dataflow_health_tests.conftest import cleared

    cleared(postgres_url)
    yield
    cleared(postgres_url)


def test_two_runs_on_one_home_at_once_do_the_work_once(
    folder: Path, undisturbed: tuple[Rows, list[str]]
) -> None:
    first, second = dependencies(folder), dependencies(folder)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(run, each, folder) for each in (first, second)]:
            done.result()
    run(first, folder)
    assert is_whole(first, undisturbed)
    first.engine.dispose()
    second.engine.dispose()


@pytest.mark.parametrize("is_landing_empty", [False, True])
def test_an_old_backup_of_the_database_comes_to_the_same_day(
    folder: Path, undisturbed: tuple[Rows, list[str]], *, is_landing_empty: bool
) -> None:
    """The backup knows one of two archives; the other is sent no second time, or is."""
    later = sorted((folder / "landing").iterdir())[1]
    kept = later.rename(folder / "later")
    deps = dependencies(folder)
    run(deps, folder)
    deps.engine.dispose()
    shutil.copy(folder / "ledger.sqlite", folder / "backup")
    kept.rename(later)
    deps = dependencies(folder)
    run(deps, folder)
    deps.engine.dispose()
    for path in folder.glob("ledger.sqlite*"):
        path.unlink()
    (folder / "backup").rename(folder / "ledger.sqlite")
    if is_landing_empty:
        later.unlink()
    deps = dependencies(folder)
    ledger_rebuild.rebuild(deps.engine, deps.lake, OPERATOR, NOON)
    run(deps, folder)
    assert is_whole(deps, undisturbed)
    deps.engine.dispose()
