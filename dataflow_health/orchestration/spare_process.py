"""A process that has prepared all that a run of an arrival day needs, and waits for one."""

import importlib
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread

import dagster as dg
from loguru import logger

from dataflow_health import wiring
from dataflow_health.config import BUILTIN_FOLDER, yaml_files
from dataflow_health.errors import ConfigError, DataflowHealthError, SparkError
from dataflow_health.operations import spare_run, spark_session
from dataflow_health.settings import Settings
from dataflow_health.stages import spark_tasks

LASTS_S = 6 * 3600.0
"""Age at which a process that still waits is replaced."""
SPARK_ANSWERS_WITHIN_S = 60.0
LATE_MODULES = ("dataflow_health.stages.table_writer", "dataflow_health.stages.file_analysis")
"""Modules that stages import when they begin."""


def wait_for_run(chosen: Settings, folder: Path, build: Callable[[], dg.Definitions]) -> str | None:
    """Prepares a run and waits for one; None when this process is to be replaced.

    Args:
        chosen: The settings.
        folder: Folder of the sockets, as in :func:`spare_run.wait`.
        build: Makes Dagster's definitions.
    """
    until_s = time.monotonic() + LASTS_S
    declared = _declared(chosen)
    try:
        is_sound = _prepare(chosen, build)
    except DataflowHealthError as error:
        logger.warning("no process stands ready for the next flight: {}", error)
        raise SystemExit(1) from error
    modules = _modules()

    def is_current() -> bool:
        in_time = time.monotonic() < until_s
        return in_time and _declared(chosen) == declared and _modules(modules) == modules

    return spare_run.wait(folder, is_current, is_sound)


def _prepare(chosen: Settings, build: Callable[[], dg.Definitions]) -> Callable[[], bool]:
    """Imports, reads and starts what a run needs; returns whether Spark is sound, to be called.

    Nothing of a cluster is held: there Spark is started by the run itself.
    """
    for name in LATE_MODULES:
        importlib.import_module(name)
    with dg.DagsterInstance.get() as instance:
        instance.get_runs(limit=1)
    build().resolve_job_def("pipeline")
    deps = wiring.dependencies(chosen)
    deps.sandbox.start()
    deps.engine.dispose()  # an idle connection to a server may be cut
    if not chosen.spark_master.startswith("local"):
        return lambda: True
    session = spark_session.start(chosen)
    spark_tasks.warm_up(session)

    def is_sound() -> bool:
        ended: list[bool] = []

        def run_job() -> None:
            with suppress(SparkError):
                spark_tasks.warm_up(session)
                ended.append(True)

        job = Thread(target=run_job, name="look at Spark", daemon=True)
        job.start()
        job.join(SPARK_ANSWERS_WITHIN_S)
        return bool(ended)

    return is_sound


def _declared(chosen: Settings) -> object:
    """Fingerprint of the YAML files; None while a folder cannot be listed."""
    with suppress(ConfigError):
        return yaml_files.fingerprint(BUILTIN_FOLDER, *chosen.config_folders)
    return None


def _modules(names: Mapping[str, object] | None = None) -> Mapping[str, object]:
    """Times of the files of modules: of those that are imported, or of some of them."""
    found = {}
    for name in list(sys.modules) if names is None else names:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file:
            with suppress(OSError):
                found[name] = Path(file).stat().st_mtime_ns
    return found
