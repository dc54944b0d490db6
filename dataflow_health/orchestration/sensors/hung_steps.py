"""Ends the processes of steps that hang, so that the sensor ``dead_runs`` starts their days again.

A process that is stopped or waits inside the operating system does not react to a request to end,
so it is killed; the ledger keeps what it finished. A stopped one is ended soon, one that only waits
after two hours, since a driver of a Spark cluster and a download over a slow line wait as well.
"""

import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import dagster as dg
import psutil
from loguru import logger
from sqlalchemy import Engine

from dataflow_health.health import running_steps as health
from dataflow_health.health.running_steps import RunningStep
from dataflow_health.stages import heartbeat
from dataflow_health.storage.ledger import running_steps

DIED_TAG = "dataflow_health/died"
"""Tag of runs that were ended from outside; the sensor ``arrivals`` starts their days again."""


WAITS_AT_MOST = timedelta(hours=2)
"""A process that only waits, for a slow line or a Spark cluster, may be sound for this long."""


def find_hung(engine: Engine, now: datetime, ends_after: timedelta) -> list[RunningStep]:
    """Steps that have hung for too long.

    Args:
        engine: Database of the ledger.
        now: Current time, UTC.
        ends_after: How long a step may hang; zero for no limit.

    Raises:
        DatabaseError: The database does not answer.
    """
    if not ends_after:
        return []
    return [
        each
        for each in running_steps.find(engine, now)
        if now > each.hangs_at + (ends_after if each.is_silent(now) else WAITS_AT_MOST)
        and running_steps.has_lock(engine, each)
    ]


def key_of(step: RunningStep) -> str:
    """A step and its last progress: equal at two looks, it made none in between."""
    return f"{step.stage} {step.arrival_day} {step.run_id} {step.moved_at.isoformat()}"


def end(instance: dg.DagsterInstance, steps: Sequence[RunningStep], now: datetime) -> int:
    """Kills the processes of steps on this machine; returns how many steps it ended.

    Args:
        instance: Dagster instance of the runs.
        steps: Steps that were hung at two looks: after a pause of the whole machine, the first
            comes before their next heartbeat.
        now: Current time, UTC.
    """
    return sum(_end(instance, each, now) for each in steps)


def _end(instance: dg.DagsterInstance, step: RunningStep, now: datetime) -> bool:
    """Kills the process of a step with its children, such as Spark's JVM."""
    process = _find_process(step)
    if process is None:
        logger.error("{} hangs on {}; end its run there", step.stage, step.host)
        return False
    logger.warning("{} is ended: {}", step.stage, health.describe(step, now))
    if instance.get_run_by_id(step.run_id) is not None:
        mark_died(instance, step.run_id)
    for each in (*heartbeat.descendants(process), process):
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
