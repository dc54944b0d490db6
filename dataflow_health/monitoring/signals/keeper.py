"""Keeps the database of live signals: sums, deletion, and the comparison with limits."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Event, Thread
from typing import TYPE_CHECKING

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.clock import Clock
from dataflow_health.errors import DatabaseError
from dataflow_health.monitoring.signals.receiver import Receiver
from dataflow_health.storage.signals import points, retention, sums
from dataflow_health.storage.signals.retention import Retention
from dataflow_health.storage.signals.signal_database import create_tables, to_us

if TYPE_CHECKING:
    from dataflow_health.flight.algorithms.algorithm import Algorithm

TICK_S = 1.0
GRACE_US = 5_000_000
"""Time after which a minute is summed up, so that most late points are in it at once."""
DELETE_EVERY_S = 60.0

Compare = Callable[[Engine, datetime], None]
Limits = Callable[[], Mapping[str, "Algorithm"]]


class SignalKeeper:
    """Runs the receiver, and the work that follows from what it stored.

    Attributes:
        engine: Database of the signals; its tables are made once it answers.
        receiver: Stores points.
        kept: How long what is kept.
        limits: Returns the limits that the newest points are compared with, by name.
    """

    def __init__(
        self,
        engine: Engine,
        kept: Retention,
        clock: Clock,
        compare: Compare | None = None,
        limits: Limits = dict,
    ) -> None:
        """Starts nothing yet.

        Args:
            engine: Database of the signals.
            kept: How long what is kept.
            clock: Returns the current time, UTC.
            compare: Compares the newest points with their limits.
            limits: Returns these limits.
        """
        self.engine = engine
        self.kept = kept
        self.receiver = Receiver(engine, clock)
        self.limits = limits
        self._clock = clock
        self._compare = compare
        self._points_from_us = 0
        self._is_ready = False
        self._deleted_s = 0.0
        self._stop = Event()
        self._thread: Thread | None = None

    def oldest_us(self, now: datetime) -> int:
        """Oldest time of a point that is accepted, microseconds since 1970."""
        return max(self.kept.oldest_us(to_us(now)), self._points_from_us)

    def start(self) -> None:
        """Makes the tables if the database answers, and starts the threads."""
        self._stop.clear()
        self._step(self._prepare)
        self.receiver.start()
        self._thread = Thread(target=self._run, name="signal keeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the threads; what was submitted is stored first."""
        self._stop.set()
        self.receiver.stop()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def require_ready(self) -> None:
        """Makes the tables and reads the signals, unless that is done.

        Raises:
            DatabaseError: The database does not answer.
        """
        if not self._is_ready:
            self._prepare()

    def work(self) -> None:
        """Does once what the thread does each second.

        Raises:
            DatabaseError: The database does not answer.
        """
        self.require_ready()
        now = self._clock()
        while sums.sum_up(self.engine, to_us(now) - GRACE_US):
            pass
        if time.monotonic() - self._deleted_s >= DELETE_EVERY_S:
            self._points_from_us = retention.apply(self.engine, self.kept, to_us(now))
            self.receiver.ids.known = points.signal_ids(self.engine).known
            self._deleted_s = time.monotonic()
        if self._compare is not None:
            self._compare(self.engine, now)

    def _prepare(self) -> None:
        create_tables(self.engine)
        self.receiver.ids.known = points.signal_ids(self.engine).known
        self._is_ready = True

    def _run(self) -> None:
        while not self._stop.wait(TICK_S):
            self._step(self.work)

    def _step(self, step: Callable[[], None]) -> None:
        try:
            step()
        except DatabaseError as error:
            logger.warning("live signals wait for their database: {}", error)
        except Exception:  # noqa: BLE001  (it is logged; the next step tries again)
            logger.exception("the work on live signals failed")
