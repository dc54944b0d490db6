"""Progress of a running step in the ledger, saved every few seconds as its heartbeat.

A process that is stopped (SIGSTOP) sends no heartbeat; one that waits for a file or a server
without an end sends them, and makes no progress.
"""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Event, Thread

import psutil
from loguru import logger

from dataflow_health.errors import DatabaseError
from dataflow_health.health.running_steps import RunningStep
from dataflow_health.stages.stage import Dependencies, StageRequest
from dataflow_health.storage.ledger import running_steps

BEAT_S = 5.0
"""Seconds between two heartbeats."""
FACTOR = 3
"""An item may take this many times as long as the longest of the stage's history."""
FIRST_FACTOR = 4
"""A stage without history may take this many times the shortest limit."""
BUSY_SHARE = 0.05
"""Share of one processor that counts as work; an idle JVM uses less."""


@contextmanager
def beat(
    deps: Dependencies, stage: str, request: StageRequest, floor: timedelta, beat_s: float = BEAT_S
) -> Iterator[StageRequest]:
    """Yields the request with a progress that is also written to the ledger while the step runs.

    Args:
        deps: What the stage works with.
        stage: Name of the stage.
        request: Day and scope.
        floor: Shortest time without progress after which a step counts as hung.
        beat_s: Seconds between two heartbeats.

    Raises:
        DatabaseError: The ledger does not answer.
    """
    heartbeat = _Heartbeat(deps, _begin(deps, stage, request, floor))
    thread = Thread(target=heartbeat.run, args=(beat_s,), name=f"heartbeat of {stage}", daemon=True)

    def progress(stage: str, finished: int, total: int) -> None:
        heartbeat.counts = (finished, total)
        request.progress(stage, finished, total)

    thread.start()
    try:
        yield replace(request, progress=progress)
    finally:
        heartbeat.ended.set()
        thread.join()
        with suppress(DatabaseError):
            running_steps.remove(deps.engine, heartbeat.step)


def _begin(deps: Dependencies, stage: str, request: StageRequest, floor: timedelta) -> RunningStep:
    """The step as it begins, saved."""
    longest = running_steps.longest(deps.engine, stage)
    limit = floor * FIRST_FACTOR if longest is None else max(floor, longest * FACTOR)
    now = deps.clock()
    step = RunningStep(
        stage,
        date.fromisoformat(request.day),
        request.run_id,
        platform.node(),
        os.getpid(),
        finished=0,
        total=0,
        begun_at=now,
        moved_at=now,
        beat_at=now,
        limit_s=limit.total_seconds(),
    )
    running_steps.save(deps.engine, step)
    return step


class _Heartbeat:
    """The state of a step in its own process.

    Attributes:
        step: The step as last saved.
        counts: Number of finished items and of all items.
        ended: Set at the end of the step.
    """

    def __init__(self, deps: Dependencies, step: RunningStep) -> None:
        self.step = step
        self.counts = (0, 0)
        self.ended = Event()
        self._deps = deps
        self._work = WorkMeter()

    def run(self, beat_s: float) -> None:
        """Beats until the step ends; a beat that the database does not take is left out."""
        while not self.ended.wait(beat_s):
            try:
                self.step = self._next(self._deps.clock())
                running_steps.save(self._deps.engine, self.step)
            except Exception as error:  # noqa: BLE001  (without a heartbeat, sound work is killed)
                logger.debug("no heartbeat of {}: {}", self.step.stage, error)

    def _next(self, now: datetime) -> RunningStep:
        finished, total = self.counts
        moved = self._work.is_busy() or finished != self.step.finished
        return self.step._replace(
            finished=finished,
            total=total,
            moved_at=now if moved else self.step.moved_at,
            beat_at=now,
        )


class WorkMeter:
    """Processor time of this process and its children, without that of the measuring thread."""

    def __init__(self) -> None:
        """Starts to measure; use it in one thread."""
        self._process = psutil.Process()
        self._cpu_s, self._own_s, self._measured_s = 0.0, 0.0, time.monotonic()

    def is_busy(self) -> bool:
        """Whether they worked since the last call, by :data:`BUSY_SHARE`."""
        before = self._cpu_s, self._own_s, self._measured_s
        self._cpu_s, self._own_s = _cpu_s(self._process), time.thread_time()
        self._measured_s = time.monotonic()
        used_s = self._cpu_s - before[0] - (self._own_s - before[1])
        return used_s > BUSY_SHARE * (self._measured_s - before[2])


def _cpu_s(process: psutil.Process) -> float:
    """Processor time of a process and of its living descendants; one that has ended counts 0."""
    used_s = 0.0
    for each in (process, *descendants(process)):
        with suppress(psutil.Error):
            times = each.cpu_times()
            used_s += times.user + times.system
    return used_s


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """The children of a process and theirs; none where the system shows no other processes."""
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []
