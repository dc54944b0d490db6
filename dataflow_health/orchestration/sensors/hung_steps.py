"""Ends the processes of steps that hang, so that the sensor ``dead_runs`` starts their days again.

A process that is stopped or waits inside the operating system does not react to a request to end,
so it is killed; the ledger keeps what it finished.
"""

import os
import platform
from contextlib import suppress
from datetime import datetime, timedelta

import dagster as dg
import psutil
from loguru import logger
from sqlalchemy import Engine

from dataflow_health.health import running_steps as health
from dataflow_health.health.running_steps import RunningStep
from dataflow_health.storage.ledger import running_steps

DIED_TAG = "dataflow_health/died"
"""Tag of runs that were ended from outside; the sensor ``arrivals`` starts their days again."""


def end_hung(
    instance: dg.DagsterInstance, engine: Engine, now: datetime, ends_after: timedelta
) -> list[RunningStep]:
    """Kills the processes of the steps that have hung for too long on this machine.

    Args:
        instance: Dagster instance of the runs.
        engine: Database of the ledger.
        now: Current time, UTC.
        ends_after: How long a step may hang; zero for no limit.

    Returns:
        The steps whose processes were killed.

    Raises:
        DatabaseError: The database does not answer.
    """
    if not ends_after:
        return []
    hung = [e for e in running_steps.find(engine, now) if now > e.hangs_at + ends_after]
    return [
        each for each in hung if running_steps.has_lock(engine, each) and _end(instance, each, now)
    ]


def _end(instance: dg.DagsterInstance, step: RunningStep, now: datetime) -> bool:
    """Kills the process of a step with its children, such as Spark's JVM."""
    process = _find_process(step)
    if process is None:
        logger.error("{} hangs on {}; end its run there", step.stage, step.host)
        return False
    logger.warning("{} is ended: {}", step.stage, health.describe(step, now))
    if instance.get_run_by_id(step.run_id) is not None:
        mark_died(instance, step.run_id)
    for each in (*process.children(recursive=True), process):
        with suppress(psutil.Error):
            each.kill()
    return True


def mark_died(instance: dg.DagsterInstance, run_id: str) -> None:
    """Tags a run whose day the sensor ``arrivals`` starts again, instead of Dagster."""
    instance.add_run_tags(run_id, {DIED_TAG: "true", "dagster/max_retries": "0"})


def _find_process(step: RunningStep) -> psutil.Process | None:
    """The process of a step on this machine; None for another one that has its number now."""
    if step.host != platform.node() or step.pid == os.getpid():
        return None
    with suppress(psutil.Error):
        process = psutil.Process(step.pid)
        if process.create_time() <= step.begun_at.timestamp():
            return process
    return None
