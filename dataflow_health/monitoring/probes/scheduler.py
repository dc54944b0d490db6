"""All live checks asked beside each other, so that one that hangs delays no other."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from threading import Event, RLock

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.probes.runner import ProbeDependencies, start_check, timed_out

TICK_S = 0.05

Key = tuple[str, str]
Tell = Callable[[Sequence[Observation]], None]


@dataclass(slots=True)
class _UnderWay:
    """A check that was asked and has not answered.

    Attributes:
        coming: Its answer, some day.
        deadline: On the monotonic clock.
        given_up: True once it was told overdue; a late answer is then thrown away.
    """

    coming: Future[Observation]
    deadline: float
    given_up: bool = False


class ProbeScheduler:
    """Asks the live checks of a pipeline, each on its own interval and in its own thread.

    A check that hangs is told as failed when its time is up, and again every interval, and is not
    asked anew until its thread comes back: a dead host never costs more than one thread a check.
    """

    def __init__(self, pipeline: Pipeline, asker: ProbeDependencies) -> None:
        """Starts nothing yet."""
        self._checks = dict(_live(pipeline))
        self._asker = asker
        self._under_way: dict[Key, _UnderWay] = {}
        self._newest: dict[Key, Observation] = {}
        self._lock = RLock()

    def watch_over(self, pipeline: Pipeline) -> None:
        """Takes another pipeline from now on, as after a reload; answers of lasting checks stay."""
        with self._lock:
            before, self._checks = self._checks, dict(_live(pipeline))
            for key in before:
                if self._checks.get(key) != before[key]:
                    self._under_way.pop(key, None)
                    self._newest.pop(key, None)

    @property
    def newest(self) -> tuple[Observation, ...]:
        """The newest answer of every check that ever gave one."""
        with self._lock:
            return tuple(self._newest.values())

    def ask(self, *, at_most_s: float = math.inf) -> tuple[Observation, ...]:
        """The newest answer of every check, asking anew where it is older than may be reused.

        Takes as long as the slowest ``within`` of those that were asked, not their sum, and no
        longer than ``at_most_s``; what comes later is in the next answers.
        """
        patient_until = time.monotonic() + at_most_s
        with self._lock:
            asked = {
                key for key, check in self._checks.items() if self._is_due(key, check.reused_for)
            }
            for key in asked:
                self._begin(key)
        while True:
            with self._lock:
                self._collect()
                if not asked & self._awaited() or time.monotonic() >= patient_until:
                    return self.newest
            time.sleep(TICK_S)

    def poll(self) -> tuple[Observation, ...]:
        """Starts what is due, and gives what has come since the last time. Never waits."""
        with self._lock:
            for key, check in self._checks.items():
                if self._is_due(key, check.every):
                    self._begin(key)
            return self._collect()

    def run(self, tell: Tell, stop: Event, *, tick_s: float = TICK_S) -> None:
        """Polls until told to stop, and tells every batch of answers as it comes."""
        while not stop.wait(tick_s):
            answers = self.poll()
            if answers:
                tell(answers)

    def _awaited(self) -> set[Key]:
        return {key for key, way in self._under_way.items() if not way.given_up}

    def _is_due(self, key: Key, reused_for: timedelta) -> bool:
        newest = self._newest.get(key)
        if key in self._awaited():
            return False
        return newest is None or self._asker.clock() - newest.at >= reused_for

    def _begin(self, key: Key) -> None:
        """Asks; of one that still hangs from the last time, only says once more that it does."""
        check = self._checks[key]
        way = self._under_way.get(key)
        if way is not None and not way.coming.done():
            way.deadline, way.given_up = time.monotonic(), False
            return
        deadline = time.monotonic() + check.within.total_seconds()
        self._under_way[key] = _UnderWay(start_check(key[0], check, self._asker), deadline)

    def _collect(self) -> tuple[Observation, ...]:
        """Takes every answer that has come, and gives up on what is overdue."""
        came = []
        for key, way in list(self._under_way.items()):
            if way.given_up:
                continue
            if way.coming.done():
                came.append((key, way.coming.result()))
                del self._under_way[key]
            elif time.monotonic() >= way.deadline:
                came.append((key, timed_out(key[0], self._checks[key], self._asker)))
                way.given_up = True
        self._newest.update(came)
        return tuple(observation for _, observation in came)


def _live(pipeline: Pipeline) -> Iterator[tuple[Key, LiveCheck]]:
    for name in pipeline.order:
        for check in pipeline.processes[name].checks:
            if isinstance(check, LiveCheck):
                yield (name, check.name), check
