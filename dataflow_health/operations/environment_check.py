"""What this machine has and what it lacks, each with the fix. Looks only; changes nothing."""

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from dataflow_health import settings
from dataflow_health.errors import ConfigError, DatabaseError, DataflowHealthError
from dataflow_health.health.duration import format_duration
from dataflow_health.monitoring.dagster_state import DagsterState
from dataflow_health.monitoring.probes.result import NotConfigured
from dataflow_health.operations import java_runtime
from dataflow_health.settings import Settings
from dataflow_health.storage.sql import database

OLDEST_PYTHON = (3, 11)
HEARTBEAT_TIMEOUT = timedelta(seconds=90)
"""A daemon that has not beaten for this long is down; it beats every 30 s."""


class EnvironmentCheck(BaseModel):
    """One thing that was looked at.

    Attributes:
        name: What.
        outcome: ``good``; ``lacking`` when something optional is not there; ``bad``.
        detail: What was found.
        fix: What to do; empty when nothing.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    outcome: str
    detail: str
    fix: str = ""


def check_environment(
    chosen: Settings, dagster: DagsterState, now: datetime
) -> Iterator[EnvironmentCheck]:
    """Looks at everything that a run needs, in the order in which it is needed.

    Args:
        chosen: The settings.
        dagster: Daemons of the Dagster instance.
        now: Current time, UTC.
    """
    looks: tuple[Callable[[], EnvironmentCheck], ...] = (
        _python,
        lambda: _config(chosen),
        lambda: _disk(chosen),
        lambda: _source(chosen),
        lambda: _database(chosen),
        lambda: _java(chosen),
        lambda: _spark(chosen, now),
        lambda: _daemon(dagster, now),
        _pictures,
    )
    for look in looks:
        yield look()


def _python() -> EnvironmentCheck:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= OLDEST_PYTHON:
        return EnvironmentCheck(name="python", outcome="good", detail=version)
    return EnvironmentCheck(
        name="python", outcome="bad", detail=version, fix="install Python 3.11 or newer"
    )


def _config(chosen: Settings) -> EnvironmentCheck:
    from dataflow_health import wiring

    try:
        catalogue = wiring.catalogue(chosen)
    except ConfigError as error:
        fix = f"dataflow-health validate {chosen.config or ''}".strip()
        return EnvironmentCheck(name="config", outcome="bad", detail=str(error.issues[0]), fix=fix)
    return EnvironmentCheck(
        name="config", outcome="good", detail=f"{len(catalogue.files)} files are right"
    )


def _disk(chosen: Settings) -> EnvironmentCheck:
    here = next(path for path in (chosen.home, *chosen.home.parents) if path.exists())
    usage = shutil.disk_usage(here)
    share = usage.free / usage.total
    detail = f"{share:.0%} of {usage.total / 1e9:.0f} GB is free at {here}"
    if share >= chosen.disk_free_share:
        return EnvironmentCheck(name="disk", outcome="good", detail=detail)
    fix = "free some space, or move DATAFLOW_HEALTH_HOME to a larger disk"
    return EnvironmentCheck(name="disk", outcome="bad", detail=detail, fix=fix)


def _source(chosen: Settings) -> EnvironmentCheck:
    url = chosen.source_url
    if "://" in url:
        missing = {"s3": "s3fs", "sftp": "paramiko"}.get(urlsplit(url).scheme)
        if missing and importlib.util.find_spec(missing) is None:
            extra = urlsplit(url).scheme
            fix = f"pip install 'dataflow-health[{extra}]'"
            return EnvironmentCheck(
                name="source", outcome="bad", detail=f"no driver for {extra}", fix=fix
            )
        return EnvironmentCheck(name="source", outcome="good", detail=_without_password(url))
    if Path(url).is_dir():
        return EnvironmentCheck(name="source", outcome="good", detail=url)
    fix = f"mkdir -p {url}, or point DATAFLOW_HEALTH_SOURCE_URL elsewhere"
    outcome = "lacking" if url == str(chosen.home / "landing") else "bad"
    return EnvironmentCheck(name="source", outcome=outcome, detail=f"no folder {url}", fix=fix)


def _database(chosen: Settings) -> EnvironmentCheck:
    url = chosen.database_url.get_secret_value()
    path = chosen.home / "ledger.sqlite"
    if url == f"sqlite:///{path}" and not path.exists():
        detail, fix = f"no ledger yet at {path}", "dataflow-health demo, or dataflow-health up"
        return EnvironmentCheck(name="database", outcome="lacking", detail=detail, fix=fix)
    try:
        engine = database.connect(url)
        with database.reading(engine) as connection:
            connection.execute(select(1))
            revision = database.revision(connection)
    except DatabaseError as error:
        fix = "start it, or correct DATAFLOW_HEALTH_DATABASE_URL"
        return EnvironmentCheck(name="database", outcome="bad", detail=str(error), fix=fix)
    place = engine.url.render_as_string(hide_password=True)
    return EnvironmentCheck(
        name="database", outcome="good", detail=f"{place}, schema {revision or 'none'}"
    )


def _java(chosen: Settings) -> EnvironmentCheck:
    try:
        found = java_runtime.find(settings.environment(), chosen.home / "java")
    except DataflowHealthError as error:
        detail, _, fix = str(error).partition(": ")
        return EnvironmentCheck(name="java", outcome="bad", detail=detail, fix=fix)
    detail = f"Java {found.version} of {found.origin}, {found.home}"
    return EnvironmentCheck(name="java", outcome="good", detail=detail)


def _spark(chosen: Settings, now: datetime) -> EnvironmentCheck:
    from dataflow_health.health.live_check import SparkWorkers
    from dataflow_health.monitoring.probes import runner
    from dataflow_health.monitoring.probes.runner import ProbeDependencies

    try:
        version = metadata.version("pyspark")
    except metadata.PackageNotFoundError:
        fix = "pip install pyspark"
        return EnvironmentCheck(
            name="spark", outcome="bad", detail="pyspark is not installed", fix=fix
        )
    check = SparkWorkers(kind="spark_workers", master=chosen.spark_master)
    seen = runner.run_check("spark", check, ProbeDependencies(lambda: now, {}))
    detail = f"pyspark {version}, {seen.detail}"
    if seen.outcome == "passed":
        return EnvironmentCheck(name="spark", outcome="good", detail=detail)
    fix = "start the master and a worker, or set DATAFLOW_HEALTH_SPARK_MASTER=local[2]"
    return EnvironmentCheck(name="spark", outcome="bad", detail=detail, fix=fix)


def _daemon(dagster: DagsterState, now: datetime) -> EnvironmentCheck:
    fix = "dataflow-health up"
    try:
        beats = dagster.daemon_heartbeats()
    except NotConfigured as error:
        return EnvironmentCheck(name="daemon", outcome="lacking", detail=str(error), fix=fix)
    if not beats:
        return EnvironmentCheck(
            name="daemon", outcome="lacking", detail="it never ran here", fix=fix
        )
    age = now - min(beats.values())
    detail = f"its oldest heartbeat is {format_duration(age)} old"
    if age <= HEARTBEAT_TIMEOUT:
        return EnvironmentCheck(name="daemon", outcome="good", detail=detail)
    return EnvironmentCheck(name="daemon", outcome="lacking", detail=detail, fix=fix)


def _pictures() -> EnvironmentCheck:
    if importlib.util.find_spec("mermaid_render"):
        return EnvironmentCheck(name="pictures", outcome="good", detail="SVG and PNG can be drawn")
    fix = "pip install 'dataflow-health[svg]'"
    return EnvironmentCheck(name="pictures", outcome="lacking", detail="Mermaid text only", fix=fix)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
