"""What assets borrow: the dependencies, and a Spark session that starts only when it is needed."""

import sys
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

import dagster as dg
from dagster_pyspark import LazyPySparkResource
from pydantic import PrivateAttr
from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from dataflow_health import settings, wiring
from dataflow_health.errors import SparkError
from dataflow_health.operations import java_runtime
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies, Progress, StageRequest

_progress: list[Progress] = []
"""Listeners of a process that shows progress, as ``demo`` does; a background run has none."""


def set_progress(progress: Progress) -> None:
    """Sets the listener that is called after every finished item in this process."""
    _progress[:] = [progress]


def _report_progress(stage: str, finished: int, total: int) -> None:
    for progress in _progress:
        progress(stage, finished, total)


class PipelineResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The pipeline's deps, made from the settings when first asked for."""

    @property
    def settings(self) -> Settings:
        """The settings of this process."""
        return settings.load()

    @property
    def deps(self) -> Dependencies:
        """What a stage works with."""
        return wiring.dependencies(self.settings)

    def request(
        self, day: str, run_id: str, *, force: bool = False, only: tuple[str, ...] | None = None
    ) -> StageRequest:
        """A request for a stage's work on a day."""
        return StageRequest(day, run_id, force=force, only=only, progress=_report_progress)


class SparkResource(LazyPySparkResource):
    """dagster-pyspark's lazy session, with a Java runtime found first."""

    _started: Any = PrivateAttr(default=None)
    _starting: Any = PrivateAttr(default_factory=Lock)

    def session(self) -> SparkSession:
        """The session, started at the first call.

        Raises:
            SparkError: No Java runtime, or Spark did not start.
        """
        with self._starting:
            if self._started is None:
                self._started = self._start(settings.load())
        started: SparkSession = self._started
        return started

    def begin(self) -> None:
        """Starts the session beside other work, for a stage that comes soon.

        A fault is left to the stage that asks for the session: it meets the same one.
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
    """Starts Java with a file of its own for its words, which would go over progress bars."""
    conf = SparkConf().setAll(list(spark_config(chosen).items()))
    with (chosen.home / "spark.log").open("ab") as log:
        gateway = SparkContext._gateway or launch_gateway(  # type: ignore[no-untyped-call]
            conf, {"stderr": log}
        )
        SparkContext(conf=conf, gateway=gateway)


def prepare_environment(chosen: Settings) -> None:
    """Points Spark at a Java runtime and at this Python, unless the environment already does."""
    environ = settings.environment()
    found = java_runtime.find(environ, chosen.home / "java")
    pythons = ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON")
    settings.provide(
        {"JAVA_HOME": str(found.home)}
        | {name: environ.get(name, sys.executable) for name in pythons}
    )


def spark_config(chosen: Settings) -> dict[str, str]:
    """Configuration of the session.

    Two shuffle partitions suit one machine (200 cost 1.3 to 1.8 times); partition values stay text,
    or a day would become a date and a digest of digits a number.
    """
    alone = chosen.spark_master.startswith("local")
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
        # A union of single parts would otherwise be one part: one core, and one file for a fleet.
        "spark.sql.unionOutputPartitioning": "false",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.sources.partitionColumnTypeInference.enabled": "false",
        "spark.sql.files.ignoreMissingFiles": "false",
        "spark.sql.warehouse.dir": (chosen.home / "spark-warehouse").as_uri(),
        # On one machine nothing need be reached from outside; workers elsewhere must reach us.
        **({"spark.driver.host": "localhost"} if alone else {}),
    }
