"""Dagster resources: the pipeline's dependencies, and a Spark session that starts on first use."""

from collections.abc import Callable
from contextlib import ExitStack

import dagster as dg
from dagster_pyspark import LazyPySparkResource
from loguru import logger
from pydantic import PrivateAttr
from pyspark.sql import SparkSession

from dataflow_health import settings, wiring
from dataflow_health.errors import DatabaseError
from dataflow_health.operations import backfill, spark_session, spark_start
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


_backfill_progress: list[Callable[[backfill.Progress], None]] = []
"""Callback for the progress of a backfill in this process: one in a terminal."""


def set_backfill_progress(progress: Callable[[backfill.Progress], None]) -> None:
    """Sets the callback that is called after every batch of a backfill in this process."""
    _backfill_progress[:] = [progress]


def report_backfill(progress: backfill.Progress) -> None:
    """Shows the progress of a backfill where its process has a terminal."""
    for show in _backfill_progress:
        show(progress)


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
        self,
        day: str,
        run_id: str,
        *,
        force: bool = False,
        only: tuple[str, ...] | None = None,
        is_watched: bool = False,
    ) -> StageRequest:
        """A request to process one arrival day in a stage.

        Args:
            day: Arrival day, as 2026-11-20.
            run_id: Dagster run, for the ledger and the log.
            force: Process finished items again.
            only: Identifiers of the items to process; all when None.
            is_watched: Whether a watch of the source has recorded the archives to download.
        """
        return StageRequest(day, run_id, force, only, is_watched, _report_progress)


class SparkResource(LazyPySparkResource):
    """The lazy session of dagster-pyspark, preceded by a search for a Java runtime."""

    _has_begun: bool = PrivateAttr(default=False)

    def session(self) -> SparkSession:
        """The Spark session, started at the first call, and again when it has ended since.

        Raises:
            SparkError: No Java runtime was found, or Spark did not start.
        """
        if self._spark_session is None or not spark_session.is_alive(self._spark_session):
            self._spark_session = spark_session.start(settings.load())
        started: SparkSession = self._spark_session
        return started

    def begin(self) -> None:
        """Starts the session in the background, once a run; :meth:`session` raises its error."""
        if not self._has_begun:
            self._has_begun = True
            spark_start.begin(settings.load())
