"""Dagster resources: the pipeline's dependencies, and a Spark session that starts on first use."""

import sys
from contextlib import ExitStack, suppress
from threading import Lock, Thread
from typing import Any

import dagster as dg
from dagster_pyspark import LazyPySparkResource
from loguru import logger
from pydantic import PrivateAttr
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from dataflow_health import settings, wiring
from dataflow_health.errors import DatabaseError, SparkError
from dataflow_health.operations import java_runtime
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies, Progress, StageRequest
from dataflow_health.storage.sql import locks

LIVE_TAG = "dataflow_health/has_run_lock"
"""Tag of runs whose processes share the run's lock while they live."""

_progress: list[Progress] = []
"""Progress callback of this process: one in ``demo``, none in a background run."""


def set_progress(progress: Progress) -> None:
    """Sets the callback that is called for every item that a stage finishes in this process."""
    _progress[:] = [progress]


def _report_progress(stage: str, finished: int, total: int) -> None:
    for progress in _progress:
        progress(stage, finished, total)


class PipelineResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Settings and dependencies of the pipeline."""

    _run_lock: ExitStack = PrivateAttr(default_factory=ExitStack)

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return settings.load()

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Shares the lock of the run, so that a run whose processes have died can be recognised.

        The lock is free when Dagster drops this resource, at the end of the run. Without the
        database there is no lock: the stage itself reports the database then.
        """
        if context.run is None or context.instance is None:
            return
        try:
            lock = locks.acquire(self.deps.engine, locks.run_lock(context.run.run_id), shared=True)
            self._run_lock.enter_context(lock)
            context.instance.add_run_tags(context.run.run_id, {LIVE_TAG: "true"})
        except DatabaseError as error:
            logger.warning("no lock for the run: {}", error)

    @property
    def deps(self) -> Dependencies:
        """The dependencies of a stage, created from the settings at first use."""
        return wiring.dependencies(self.settings)

    def request(
        self, day: str, run_id: str, *, force: bool = False, only: tuple[str, ...] | None = None
    ) -> StageRequest:
        """A request to process one arrival day in a stage.

        Args:
            day: Arrival day, as 2026-11-20.
            run_id: Dagster run, for the ledger and the log.
            force: Process finished items again.
            only: Identifiers of the items to process; all when None.
        """
        return StageRequest(day, run_id, force=force, only=only, progress=_report_progress)


class SparkResource(LazyPySparkResource):
    """The lazy session of dagster-pyspark, preceded by a search for a Java runtime."""

    _started: Any = PrivateAttr(default=None)
    _starting: Any = PrivateAttr(default_factory=Lock)

    def session(self) -> SparkSession:
        """The Spark session, started at the first call.

        Raises:
            SparkError: No Java runtime was found, or Spark did not start.
        """
        with self._starting:
            if self._started is None:
                self._started = self._start(settings.load())
        started: SparkSession = self._started
        return started

    def begin(self) -> None:
        """Starts the session in the background, before a stage needs it.

        An error is ignored here: :meth:`session` raises it again in the stage.
        """

        def start() -> None:
            with suppress(SparkError):
                self.session()

        Thread(target=start, name="start of Spark", daemon=True).start()

    def _start(self, chosen: Settings) -> SparkSession:
        try:
            prepare_environment(chosen)
            if SparkContext._active_spark_context is None:
                _launch(chosen)
            session: SparkSession = self.spark_session
        except SparkError:
            raise
        except Exception as error:
            raise SparkError(f"Spark at {chosen.spark_master} did not start: {error}") from error
        return session


def _launch(chosen: Settings) -> None:
    """Starts Java with standard error in a file; in the terminal it would disturb the bars."""
    conf = SparkConf().setAll(list(spark_config(chosen).items()))
    with (chosen.home / "spark.log").open("ab") as log:
        gateway = SparkContext._gateway or launch_gateway(  # type: ignore[no-untyped-call]
            conf, {"stderr": log}
        )
        SparkContext(conf=conf, gateway=gateway)


def prepare_environment(chosen: Settings) -> None:
    """Sets the Java runtime and the Python of Spark, unless the environment already sets them."""
    environ = settings.environment()
    found = java_runtime.find(environ, chosen.home / "java")
    pythons = ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON")
    settings.provide(
        {"JAVA_HOME": str(found.home)}
        | {name: environ.get(name, sys.executable) for name in pythons}
    )


def spark_config(chosen: Settings) -> dict[str, str]:
    """Configuration of the Spark session.

    Two shuffle partitions suit one machine (with 200, jobs take 1.3 to 1.8 times as long).
    Partition values stay text: with type inference, a day would become a date, and a digest of
    digits a number.
    """
    is_local = chosen.spark_master.startswith("local")
    return {
        "spark.app.name": "dataflow-health",
        "spark.master": chosen.spark_master,
        "spark.driver.memory": chosen.spark_driver_memory,
        "spark.driver.extraJavaOptions": chosen.spark_java_options,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.session.timeZone": "UTC",
        # Otherwise a union of single partitions is one partition: one core, one file for a fleet.
        "spark.sql.unionOutputPartitioning": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.files.ignoreMissingFiles": "false",
        # Each worker has a core for itself; polars would start a thread for every core in each.
        "spark.executorEnv.POLARS_MAX_THREADS": "1",
        "spark.sql.warehouse.dir": (chosen.home / "spark-warehouse").as_uri(),
        # Workers on other machines must reach the driver, so localhost is for a local master only.
        **({"spark.driver.host": "localhost"} if is_local else {}),
    }
