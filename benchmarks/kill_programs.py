"""What runs in the processes that are killed: the stages one after the other, or Dagster's job."""

import importlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

import dagster as dg

from benchmarks import fixtures
from benchmarks.kill_steps import Steps, files, rows
from benchmarks.sandbox import OwnProcess
from dataflow_health import settings as environment
from dataflow_health import wiring
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.monitoring.dagster_links import asset_paths
from dataflow_health.operations import dagster_home, due_days
from dataflow_health.orchestration import instance_storage
from dataflow_health.orchestration.jobs import in_process
from dataflow_health.settings import PREFIX, Settings
from dataflow_health.stages.chain import CHAIN
from dataflow_health.stages.stage import Dependencies, StageRequest
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.sql import database

FIRST_OF_SPARK = 5
"""Number of stages before the first one that needs Spark."""
JOB = "job"
STEPS_FILE = "steps.json"
"""File of a home with the number of steps of each part, once all have ended."""


class Program(NamedTuple):
    """What a process runs, and where it is killed.

    Attributes:
        name: Name in the table.
        parts: Parts of it; in each, one process is killed.
        homes: Homes per database.
        run: Runs all parts, and counts their steps.
        contents: What a home must hold at the end, apart from the undisturbed one's times.
    """

    name: str
    parts: tuple[str, ...]
    homes: int
    run: Callable[[Settings, Steps], dict[str, int]]
    contents: Callable[[Settings], Iterator[str]]


def _run_stages(count: int) -> Callable[[Settings, Steps], dict[str, int]]:
    """Function that runs the first stages in order."""

    def run(settings: Settings, steps: Steps) -> dict[str, int]:
        counts = {}
        with dependencies(settings) as deps:
            options = wiring.stage_options(settings, fixtures.spark)
            for stage in CHAIN[:count]:
                steps.begin(stage.name)
                stage.run(deps, StageRequest(fixtures.DAY, f"{time.time_ns()}"), options)
                steps.end()
                counts[stage.name] = steps.count
        return counts

    return run


def _run_job(settings: Settings, steps: Steps) -> dict[str, int]:
    """Runs Dagster's job for the days that are due, as ``dataflow-health run`` does."""
    from dataflow_health import definitions  # after the environment is set

    steps.begin(JOB)
    dagster_home.prepare(settings)
    instance_storage.create(settings.dagster_home)
    with dependencies(settings) as deps, dg.DagsterInstance.get() as instance:
        days = due_days.find(deps, settings)
        if failed := in_process.run_days(definitions.build(), instance, days, lambda _day: None):
            raise RuntimeError(f"runs failed: {failed}")
    steps.end()
    return {JOB: steps.count}


def _contents(settings: Settings) -> Iterator[str]:
    """Rows of the ledger and the results, and files of the lake."""
    with dependencies(settings) as deps:
        for table, content in rows(deps.engine).items():
            yield from (f"{table} {row!r}" for row in content)
        yield from files(deps)


def _contents_and_events(settings: Settings) -> Iterator[str]:
    """The same, and the stages that Dagster's events say were materialised for the day."""
    yield from _contents(settings)
    provide(settings)
    with dg.DagsterInstance.get() as instance:
        for path in asset_paths(stage.name for stage in CHAIN).values():
            key = dg.AssetKey(path.split("/"))
            yield from (f"event {path} {day}" for day in instance.get_materialized_partitions(key))


_STAGES = tuple(stage.name for stage in CHAIN)
BEFORE_SPARK = Program("Stages before Spark", _STAGES[:FIRST_OF_SPARK], 30,
                       _run_stages(FIRST_OF_SPARK), _contents)  # fmt: skip
SPARK = Program("Stages from Spark to SQL", _STAGES[FIRST_OF_SPARK:], 10,
                _run_stages(len(CHAIN)), _contents)  # fmt: skip
DAGSTER = Program("Job in Dagster", (JOB,) * 5, 4, _run_job, _contents_and_events)
PROGRAMS = {each.name: each for each in (BEFORE_SPARK, SPARK, DAGSTER)}


def run(name: str, settings: Settings, fatal_part: str, fatal: int) -> None:
    """Runs a program, and dies at a step of one of its parts."""
    provide(settings)
    steps = Steps(fatal_part, fatal)
    steps.listen()
    counts = PROGRAMS[name].run(settings, steps)
    (settings.home / STEPS_FILE).write_text(json.dumps(counts), encoding="utf-8")


def provide(settings: Settings) -> None:
    """Sets the environment to a home and its database."""
    url = settings.database_url.get_secret_value()
    environment.provide({PREFIX + "DATABASE_URL": url, PREFIX + "SETTLE_S": "0"})
    environment.adopt(settings.home)


@contextmanager
def dependencies(settings: Settings) -> Iterator[Dependencies]:
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
    importlib.import_module("dataflow_health.definitions")
