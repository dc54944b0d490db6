"""SIGKILL at seeded steps of stages, on both databases, and what the stages came to afterwards.

A home is processed by one process after the other. Each but the last is killed at a step of one of
the stages that need no Spark; the last runs to the end. Then the ledger and the lake must be equal
to those of a home where nothing happened.
"""

import importlib
import json
import multiprocessing
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from sqlalchemy import create_engine, text

from benchmarks import fixtures, postgresql
from benchmarks.kill_steps import Rows, Steps, files, rows
from benchmarks.sandbox import OwnProcess
from dataflow_health import wiring
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.settings import Settings
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageRequest
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.sql import database

FLEET = fixtures.Fleet("2 of 12 min", 2, 720, 2)
STAGES = CHAIN[:5]
"""The stages before the first one that needs Spark."""
SEED = 20261128
HOMES = 10
"""Homes per database, each with a kill in every stage: 100 kills in all."""
LIMIT_S = 120.0
STEPS_FILE = "steps.json"
"""File of a home with the number of steps of each stage, once all have ended."""

Outcome = Counter[str]
"""Rows of the ledger and files of the lake, each with how often it is there."""

_PROCESSES = multiprocessing.get_context("forkserver")


class Tally(NamedTuple):
    """What kills on one database led to.

    Attributes:
        database: Name of the database.
        kills: Processes that were killed.
        lost: Rows and files that a home lacks which the undisturbed one has.
        doubled: Rows and files that a home has and the undisturbed one has not, or not as often.
        unbalanced: Stages whose counts do not add up.
        duration_s: Seconds for all.
    """

    database: str
    kills: int
    lost: int
    doubled: int
    unbalanced: int
    duration_s: float


def measure(homes: int = HOMES) -> Iterator[Tally]:
    """Kills on SQLite, and on PostgreSQL where its wheel is installed."""
    _PROCESSES.set_forkserver_preload(["benchmarks.reliability_kills_server"])
    with tempfile.TemporaryDirectory() as folder:
        calm = _home(Path(folder) / "undisturbed", "", [])
        expected, steps = _outcome(calm), json.loads((calm.home / STEPS_FILE).read_text())
        for database, server in (("SQLite", nullcontext("")), ("PostgreSQL", postgresql.serve())):
            with server as url:
                paths = [Path(folder) / f"{database.lower()}_{n}" for n in range(homes)]
                yield _kill_all(database, paths, url, expected, steps)


def _kill_all(
    database: str, homes: Sequence[Path], server: str, expected: Outcome, steps: Mapping[str, int]
) -> Tally:
    start_s = time.perf_counter()
    random = Random(f"{SEED} {database}")
    lost = doubled = unbalanced = 0
    for path in homes:
        kills = [(stage.name, random.randrange(steps[stage.name])) for stage in STAGES]
        settings = _home(path, server, kills)
        found = _outcome(settings)
        lost += (expected - found).total()
        doubled += (found - expected).total()
        unbalanced += _unbalanced(settings)
    duration_s = time.perf_counter() - start_s
    return Tally(database, len(homes) * len(STAGES), lost, doubled, unbalanced, duration_s)


def _home(path: Path, server: str, kills: Iterable[tuple[str, int]]) -> Settings:
    """Processes the day in a new home, with a kill at a step of each of some stages."""
    path.mkdir()
    shutil.copytree(fixtures.landing(FLEET), path / "landing")
    url = _new_database(server, path.name) if server else ""
    settings = Settings.model_validate({"home": path, "settle_s": 0, "database_url": url})
    for stage, step in kills:
        _run(settings, stage, step)
    _run(settings, "", 0)
    return settings


def _new_database(server: str, name: str) -> str:
    """URL of a new database of a server."""
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:", 1))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = engine.url.set(database=name)
    engine.dispose()
    return url.render_as_string(hide_password=False)


def _run(settings: Settings, stage: str, step: int) -> None:
    """Runs the stages in a process of its own; one that gets a stage must die of it."""
    process = _PROCESSES.Process(target=run_stages, args=(settings, stage, step))
    process.start()
    process.join(LIMIT_S)
    expected = -signal.SIGKILL if stage else 0
    if process.exitcode != expected:
        raise RuntimeError(f"{stage or 'the last process'} ended with {process.exitcode}")


def run_stages(settings: Settings, fatal_stage: str, fatal: int) -> None:
    """Runs the stages in order, and dies at a step of one of them."""
    with _dependencies(settings) as deps:
        options = wiring.stage_options(settings, fixtures.spark)
        steps = Steps(fatal_stage, fatal)
        steps.listen()
        counts = {}
        for stage in STAGES:
            steps.begin(stage.name)
            stage.run(deps, StageRequest(fixtures.DAY, f"run-{fatal_stage}"), options)
            steps.end()
            counts[stage.name] = steps.count
    (settings.home / STEPS_FILE).write_text(json.dumps(counts), encoding="utf-8")


@contextmanager
def _dependencies(settings: Settings) -> Iterator[Dependencies]:
    """Dependencies without child processes, so that each kill is one process."""
    engine = database.connect(settings.database_url.get_secret_value())
    database.upgrade(engine)
    yield Dependencies(
        engine=engine,
        lake=Lake(settings.lake_url),
        catalogue=_catalogue(),
        clock=utc_now,
        workers=settings.workers,
        sandbox=OwnProcess(wiring.sandbox_limits(settings)),
    )
    engine.dispose()


@cache
def _catalogue() -> Catalogue:
    return config.load(BUILTIN_FOLDER)


def prepare() -> None:
    """Loads what every process needs; their server does so once."""
    _catalogue()
    for name in ("alembic.command", "alembic.ddl.postgresql", "polars", "pyarrow.compute"):
        importlib.import_module(name)


def _outcome(settings: Settings) -> Outcome:
    """Rows of the ledger and files of the lake, each with how often it is there."""
    with _dependencies(settings) as deps:
        return Counter([*_named(rows(deps.engine)), *files(deps)])


def _named(found: Rows) -> Iterator[str]:
    for table, content in found.items():
        yield from (f"{table} {row!r}" for row in content)


def _unbalanced(settings: Settings) -> int:
    with _dependencies(settings) as deps:
        counts = stage_counts(deps.engine, fixtures.ARRIVAL, fixtures.DAY)
        return sum(not each.balances for each in counts)
