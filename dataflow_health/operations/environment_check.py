"""Checks of this machine for everything a run needs, each with its fix. Changes nothing."""

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from dataflow_health import masking, settings
from dataflow_health.errors import ConfigError, DatabaseError, DataflowHealthError
from dataflow_health.health.duration import format_duration
from dataflow_health.monitoring.dagster_state import DagsterState
from dataflow_health.monitoring.probes.result import NotConfigured
from dataflow_health.operations import java_runtime
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database, server_limits

OLDEST_PYTHON = (3, 11)
HEARTBEAT_TIMEOUT = timedelta(seconds=90)
"""Age of the oldest heartbeat from which the daemon counts as stopped; it sends one every 30 s."""
SOURCE_DRIVERS = {"s3": "s3fs", "sftp": "paramiko"}
"""Python package that each kind of source needs, by URL scheme; the extra has the scheme's name."""


class EnvironmentCheck(BaseModel):
    """Result of one check.

    Attributes:
        name: What was checked.
        outcome: ``ok``; ``missing`` when something optional is absent; ``failed``.
        detail: What was found.
        fix: How to repair it; empty when the outcome is ``ok``.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    outcome: Literal["ok", "missing", "failed"]
    detail: str
    fix: str = ""


def check_environment(
    chosen: Settings, dagster: DagsterState, now: datetime
) -> Iterator[EnvironmentCheck]:
    """Runs all checks, in the order in which a run needs what they check.

    Args:
        chosen: Settings of the installation.
        dagster: Daemons of the Dagster instance.
        now: Current time, UTC.
    """
    checks: tuple[Callable[[], EnvironmentCheck], ...] = (
        _check_python,
        lambda: _check_config(chosen),
        lambda: _check_disk(chosen),
        lambda: _check_source(chosen),
        lambda: _check_database(chosen),
        lambda: _check_java(chosen),
        lambda: _check_spark(chosen, now),
        lambda: _check_daemon(dagster, now),
        _check_rendering,
    )
    for check in checks:
        yield check()


def _ok(name: str, detail: str) -> EnvironmentCheck:
    return EnvironmentCheck(name=name, outcome="ok", detail=detail)


def _missing(name: str, detail: str, fix: str) -> EnvironmentCheck:
    return EnvironmentCheck(name=name, outcome="missing", detail=detail, fix=fix)


def _failed(name: str, detail: str, fix: str) -> EnvironmentCheck:
    return EnvironmentCheck(name=name, outcome="failed", detail=detail, fix=fix)


def _check_python() -> EnvironmentCheck:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        return _ok("python", version)
    return _failed("python", version, "install Python 3.11 or newer")


def _check_config(chosen: Settings) -> EnvironmentCheck:
    from dataflow_health import wiring

    try:
        catalogue = wiring.catalogue(chosen)
    except ConfigError as error:
        fix = f"dataflow-health validate {chosen.config or ''}".strip()
        return _failed("config", str(error.issues[0]), fix)
    return _ok("config", f"{len(catalogue.files)} files are valid")


def _check_disk(chosen: Settings) -> EnvironmentCheck:
    folders = (chosen.home, *chosen.home.parents)
    folder = next(path for path in folders if path.exists())
    usage = shutil.disk_usage(folder)
    free_share = usage.free / usage.total
    detail = f"{free_share:.0%} of {usage.total / 1e9:.0f} GB is free at {folder}"
    if free_share >= chosen.disk_free_share:
        return _ok("disk", detail)
    return _failed("disk", detail, "free some space, or move DATAFLOW_HEALTH_HOME to a larger disk")


def _check_source(chosen: Settings) -> EnvironmentCheck:
    url = chosen.source_url
    if "://" in url:
        scheme = urlsplit(url).scheme
        driver = SOURCE_DRIVERS.get(scheme)
        if driver and importlib.util.find_spec(driver) is None:
            fix = f"pip install 'dataflow-health[{scheme}]'"
            return _failed("source", f"the driver for {scheme} is not installed", fix)
        return _ok("source", masking.mask_url(url))
    if Path(url).is_dir():
        return _ok("source", url)
    detail = f"the folder {url} does not exist"
    fix = f"mkdir -p {url}, or set DATAFLOW_HEALTH_SOURCE_URL to another folder"
    if url == str(chosen.home / "landing"):
        return _missing("source", detail, fix)
    return _failed("source", detail, fix)


_FIX_DATABASE = "start or upgrade what the message names, or correct DATAFLOW_HEALTH_DATABASE_URL"


def _check_database(chosen: Settings) -> EnvironmentCheck:
    url = chosen.database_url.get_secret_value()
    path = chosen.home / "ledger.sqlite"
    if url == f"sqlite:///{path}" and not path.exists():
        fix = "dataflow-health demo, or dataflow-health up"
        return _missing("database", f"no ledger yet at {path}", fix)
    try:
        engine = database.connect(url, server_limits.from_settings(chosen))
        with database.reading(engine) as connection:
            connection.execute(select(1))
            revision = database.revision(connection)
        database.require_known(engine, revision)
    except DatabaseError as error:
        return _failed("database", str(error), _FIX_DATABASE)
    return _ok("database", f"{database.shown_url(engine)}, schema {revision or 'none'}")


def _check_java(chosen: Settings) -> EnvironmentCheck:
    try:
        found = java_runtime.find(settings.environment(), chosen.java_folder)
    except DataflowHealthError as error:
        detail, _, fix = str(error).partition(": ")
        return _failed("java", detail, fix)
    return _ok("java", f"Java {found.version} of {found.origin}, {found.home}")


def _check_spark(chosen: Settings, now: datetime) -> EnvironmentCheck:
    from dataflow_health.health.live_check import SparkWorkers
    from dataflow_health.monitoring.probes import runner
    from dataflow_health.monitoring.probes.runner import ProbeDependencies

    try:
        version = metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        return _failed("spark", "pyspark is not installed", "pip install pyspark")
    check = SparkWorkers(kind="spark_workers", master=chosen.spark_master)
    result = runner.run_check("spark", check, ProbeDependencies(lambda: now, {}))
    detail = f"pyspark {version}, {result.detail}"
    if result.outcome == "passed":
        return _ok("spark", detail)
    fix = "start the master and a worker, or set DATAFLOW_HEALTH_SPARK_MASTER=local[2]"
    return _failed("spark", detail, fix)


def _check_daemon(dagster: DagsterState, now: datetime) -> EnvironmentCheck:
    fix = "dataflow-health up"
    try:
        times = dagster.daemon_heartbeats()
    except NotConfigured as error:
        return _missing("daemon", str(error), fix)
    if not times:
        return _missing("daemon", "the daemon has never run here", fix)
    age = max(now - min(times.values()), timedelta(0))  # one may come while others are checked
    detail = f"the oldest heartbeat is {format_duration(age)} old"
    return _ok("daemon", detail) if age <= HEARTBEAT_TIMEOUT else _missing("daemon", detail, fix)


def _check_rendering() -> EnvironmentCheck:
    if importlib.util.find_spec("mermaid_render"):
        return _ok("rendering", "diagrams can be rendered as SVG and PNG")
    fix = "pip install 'dataflow-health[svg]'"
    return _missing("rendering", "diagrams are available as Mermaid text only", fix)
