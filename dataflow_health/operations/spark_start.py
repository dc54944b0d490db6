"""Starts Spark in the background, before a stage needs it: Java takes some seconds."""

from contextlib import suppress
from threading import Thread

from dataflow_health.errors import SparkError
from dataflow_health.operations import spark_session
from dataflow_health.settings import Settings
from dataflow_health.stages import spark_tasks

_begun: list[Thread] = []
"""The last start of this process."""


def begin(chosen: Settings) -> Thread:
    """Starts a session and its workers, unless that is under way; returns the thread that does.

    An error is ignored here: the stage that asks for the session gets it again.

    Args:
        chosen: The settings.
    """

    def start() -> None:
        with suppress(SparkError):
            spark_tasks.warm_up(spark_session.start(chosen))

    if not (_begun and _begun[0].is_alive()):
        _begun[:] = [Thread(target=start, name="start of Spark", daemon=True)]
        _begun[0].start()
    return _begun[0]
