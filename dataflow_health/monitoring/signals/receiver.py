"""Receives points of live signals: one thread stores what came meanwhile in one transaction.

A request is answered after the transaction that holds its points, so what was acknowledged survives
the end of this process.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from types import MappingProxyType

from loguru import logger
from sqlalchemy import Engine

from dataflow_health.clock import Clock
from dataflow_health.errors import DatabaseError
from dataflow_health.storage.signals import points as stored_points
from dataflow_health.storage.signals.points import Origins, Point, SignalIds
from dataflow_health.storage.signals.signal_database import to_us

MAX_WAITING = 200_000
"""Points that may wait to be stored: some 20 MB. Further requests are refused until some are."""
MAX_AT_ONCE = 20_000
"""Points of one transaction: about 0.1 s, for which another process waits."""

Publish = Callable[[Sequence[Point]], None]
_Batch = tuple[Sequence[Point], Origins, "Future[None]"]


class Receiver:
    """Stores points and publishes them to listeners."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        """Starts nothing yet.

        Args:
            engine: Database of the signals.
            clock: Returns the current time, UTC.
        """
        self.ids = SignalIds({})
        self._engine = engine
        self._clock = clock
        self._queue: SimpleQueue[_Batch | None] = SimpleQueue()
        self._waiting = 0
        self._lock = Lock()
        self._listeners: list[Publish] = []
        self._thread: Thread | None = None

    def start(self) -> None:
        """Starts the thread that stores."""
        self._thread = Thread(target=self._run, name="signal receiver", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stores what waits, then ends the thread."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(timeout=5)
            self._thread = None

    def submit(
        self, points: Sequence[Point], origins: Origins = MappingProxyType({})
    ) -> "Future[None] | None":
        """Has points stored.

        Args:
            points: Points, in any order.
            origins: Where their signals come from, as far as it is known.

        Returns:
            Done once they are stored, or with the DatabaseError why not; None when too many points
            wait already.
        """
        done: Future[None] = Future()
        with self._lock:
            if self._waiting + len(points) > MAX_WAITING:
                return None
            self._waiting += len(points)
        self._queue.put((points, origins, done))
        return done

    def listen(self, publish: Publish) -> Callable[[], None]:
        """Publishes all points from now on, once stored, from the storing thread.

        Returns:
            Ends the publishing.
        """
        self._listeners.append(publish)
        return lambda: self._listeners.remove(publish)

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            batches = [first]
            size, is_last = len(first[0]), False
            while size < MAX_AT_ONCE and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    is_last = True
                    break
                batches.append(more)
                size += len(more[0])
            self._store(batches)
            if is_last:
                return

    def _store(self, batches: Sequence[_Batch]) -> None:
        points = [point for some, _, _ in batches for point in some]
        origins = {name: each for _, some, _ in batches for name, each in some.items()}
        error: Exception | None = None
        try:
            now_us = to_us(self._clock())
            stored_points.append(self._engine, self.ids, points, now_us, origins)
        except DatabaseError as failed:
            error = failed
        except Exception as failed:  # noqa: BLE001  (the thread must go on; the caller gets it)
            logger.exception("cannot store {} points of live signals", len(points))
            error = failed
        with self._lock:
            self._waiting -= len(points)
        for _, _, done in batches:
            done.set_exception(error) if error else done.set_result(None)
        if error is None:
            for publish in tuple(self._listeners):
                publish(points)
