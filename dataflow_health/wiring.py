"""Builds dependencies from settings; the one place where the parts are put together."""

import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from dataflow_health.alerting.incident_keeper import IncidentKeeper
from dataflow_health.clock import utc_now
from dataflow_health.config import BUILTIN_FOLDER
from dataflow_health.config import catalogue as config
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.graph import Pipeline
from dataflow_health.monitoring import config_reload
from dataflow_health.monitoring.collectors.keeper import SystemKeeper
from dataflow_health.monitoring.dagster_state import DagsterState
from dataflow_health.monitoring.monitor import Monitor
from dataflow_health.monitoring.probes.runner import ProbeDependencies
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.monitoring.signals.keeper import SignalKeeper
from dataflow_health.settings import Settings, export
from dataflow_health.stages.checks.check import Thresholds
from dataflow_health.stages.safe_zip import Limits
from dataflow_health.stages.sandbox import pool
from dataflow_health.stages.sandbox.limits import SandboxLimits
from dataflow_health.stages.stage import Dependencies, StageOptions
from dataflow_health.storage.files.lake import Lake
from dataflow_health.storage.signals.retention import Retention
from dataflow_health.storage.sql import database, server_limits


@functools.lru_cache(maxsize=8)
def dependencies(settings: Settings) -> Dependencies:
    """Everything a stage works with, made once a process.

    Raises:
        ConfigError: Declared YAML is wrong.
        DatabaseError: The database does not answer or is newer than this code.
    """
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = database.connect(
        settings.database_url.get_secret_value(), server_limits.from_settings(settings)
    )
    database.upgrade(engine)
    return Dependencies(
        engine=engine,
        lake=Lake(settings.lake_url),
        catalogue=catalogue(settings),
        clock=utc_now,
        workers=settings.workers,
        sandbox=pool.shared(sandbox_limits(settings)),
    )


def catalogue(settings: Settings) -> Catalogue:
    """All definitions in YAML: the built-in ones, then the operator's own.

    Raises:
        ConfigError: A YAML file is invalid.
    """
    return config.load(BUILTIN_FOLDER, *settings.config_folders)


def stage_options(settings: Settings, spark: Callable[[], Any]) -> StageOptions:
    """What single stages of the chain need besides their dependencies."""
    return StageOptions(
        source_url=settings.source_url,
        settle_s=settings.settle_s,
        limits=limits(settings),
        tsv_codec=settings.tsv_codec,
        spark=spark,
    )


def on_cluster(deps: Dependencies, settings: Settings, spark: Callable[[], Any]) -> Dependencies:
    """Dependencies whose single archives and recordings are processed where Spark works.

    On one machine they stay in this process: threads there share its sandboxes, and need no Java.

    Args:
        deps: The dependencies.
        settings: The settings.
        spark: Returns the Spark session.
    """
    if settings.spark_master.startswith("local"):
        return deps
    from dataflow_health.stages.spark_executor import SparkExecutor  # here: it imports Spark

    return replace(deps, cluster=SparkExecutor(spark))


def monitor(settings: Settings, dagster: DagsterState | None = None) -> Monitor:
    """A monitor of the installation; it reads and probes nothing before it is started.

    Args:
        settings: The settings.
        dagster: Daemons and sensors; None without a Dagster instance.


    Raises:
        ConfigError: Declared YAML is wrong.
        DatabaseError: The database's URL is invalid; a database that is away raises nothing here.
    """
    declared = config_reload.from_settings(settings)
    engine = database.connect(
        settings.database_url.get_secret_value(), server_limits.from_settings(settings)
    )
    if not settings.api_probes:
        return Monitor(engine, declared, utc_now)
    scheduler = ProbeScheduler(
        Pipeline(declared.current.processes), probe_dependencies(settings, dagster)
    )
    return Monitor(engine, declared, utc_now, scheduler, IncidentKeeper(engine, declared))


def signals(settings: Settings) -> SignalKeeper:
    """Live signals of the installation; nothing is stored before it is started.

    Raises:
        DatabaseError: The database's URL is invalid; a database that is away raises nothing here.
    """
    # Most commands wire parts and compare no signals: numpy and sqlglot take longer than they do.
    from dataflow_health.monitoring.signals.limits import LimitComparison

    kept = Retention(
        timedelta(seconds=settings.telemetry_points_s),
        timedelta(days=settings.telemetry_minutes_days),
        timedelta(days=settings.telemetry_hours_days),
        settings.telemetry_max_points,
    )
    engine = database.connect(
        settings.telemetry_url.get_secret_value(), server_limits.from_settings(settings)
    )
    compare = LimitComparison((BUILTIN_FOLDER, *settings.config_folders))
    return SignalKeeper(engine, kept, utc_now, compare, compare.algorithms)


def systems(monitored: Monitor, settings: Settings) -> SystemKeeper:
    """Descriptions of other programs; none is asked before it is started."""
    dependencies = probe_dependencies(settings, None)
    return SystemKeeper(monitored.engine, monitored.config, dependencies)


def probe_dependencies(settings: Settings, dagster: DagsterState | None) -> ProbeDependencies:
    """Dependencies that the probes of this process share."""
    return ProbeDependencies(utc_now, export(settings), dagster)


def limits(settings: Settings) -> Limits:
    """Limits of an archive."""
    return Limits(
        total_bytes=settings.max_archive_bytes,
        ratio=settings.max_ratio,
        members=settings.max_members,
        depth=settings.max_depth,
    )


def sandbox_limits(settings: Settings) -> SandboxLimits:
    """Limits of the child processes that open untrusted bytes."""
    return SandboxLimits(
        memory_bytes=settings.sandbox_memory_bytes,
        cpu_s=settings.sandbox_cpu_s,
        file_bytes=settings.sandbox_file_bytes,
        descriptors=settings.sandbox_descriptors,
        silence_s=settings.sandbox_silence_s,
    )


def thresholds(settings: Settings) -> Thresholds:
    """Limits of the operator for the checks of the stages."""
    return Thresholds(
        source_url=settings.source_url,
        late_after=timedelta(seconds=settings.late_after_s),
        disk_free_share=settings.disk_free_share,
    )
