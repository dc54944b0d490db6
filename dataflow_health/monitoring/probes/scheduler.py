"""Runs all live checks in parallel, so that a check that hangs does not delay the others."""

import math
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.probes.runner import (
    ProbeDependencies,
    prober_late,
    start_check,
    timed_out,
    to_observation,
)

TICK_S = 0.05
"""Interval at which new results are collected."""
LATE_S = 0.25
"""A longer pause between two collections is lateness of the prober itself: its machine is busy."""
MOST_LATE = 4
"""Lateness, in time limits of a check, after which the prober says that it is late."""

CONFIRM_AFTER = timedelta(seconds=2)
"""A result that differs from the one before is checked again after this long: two results open or
end an incident, and a check that runs once a minute would leave red without one for a minute."""

CheckKey = tuple[str, str]
"""Process and check."""


@dataclass(slots=True)
class _Running:
    """A check whose probe has not returned.

    Attributes:
        future: The observation to come.
        started_at: Time of the start, UTC.
        deadline_s: End of its time limit, on the monotonic clock.
        late_s: How long the prober itself was late since the start; the limit is that much longer.
        abandoned: True once it was reported as timed out; a later result is ignored.
        excused: True once the prober was too late to judge it: it gets its whole limit again.
    """

    future: Future[Observation]
    started_at: datetime
    deadline_s: float
    late_s: float = 0.0
    abandoned: bool = False
    excused: bool = False


class ProbeScheduler:
    """Runs the live checks of a pipeline, each on its own interval and in its own thread.

    A check that hangs is reported as failed at the end of its time limit, and again every interval.
    It starts again only when its thread has returned, so an unreachable host never blocks more than
    one thread per check.

    A prober that is itself late, because its machine is busy, fails no check for that: the time it
    was late is added to the time limits, and when that becomes too much the check is UNKNOWN.
    """

    def __init__(self, pipeline: Pipeline, dependencies: ProbeDependencies) -> None:
        """Takes the live checks of the pipeline; no probe starts yet."""
        self._checks = dict(_live_checks(pipeline))
        self._dependencies = dependencies
        self._running: dict[CheckKey, _Running] = {}
        self._latest: dict[CheckKey, Observation] = {}
        self._unconfirmed: set[CheckKey] = set()
        self._collected_s = time.monotonic()
        self._lock = RLock()

    def replace_pipeline(self, pipeline: Pipeline) -> None:
        """Runs the checks of another pipeline; results of unchanged checks stay."""
        with self._lock:
            before, self._checks = self._checks, dict(_live_checks(pipeline))
            for key in before:
                if self._checks.get(key) != before[key]:
                    self._running.pop(key, None)
                    self._latest.pop(key, None)

    @property
    def keys(self) -> frozenset[CheckKey]:
        """Process and name of every live check."""
        with self._lock:
            return frozenset(self._checks)

    @property
    def latest(self) -> tuple[Observation, ...]:
        """The newest result of every check that has one."""
        with self._lock:
            return tuple(self._latest.values())

    def probe_due(self, *, at_most_s: float = math.inf) -> tuple[Observation, ...]:
        """The newest result of every check; results that are too old to be reused are renewed.

        Takes as long as the slowest probe that was started, not their sum, and at most
        ``at_most_s``; later results are in the next call's.
        """
        return_at_s = time.monotonic() + at_most_s
        with self._lock:
            self._collected_s = time.monotonic()  # a caller that comes seldom is not late
            due = {
                key for key, check in self._checks.items() if self._is_due(key, check.reused_for)
            }
            for key in due:
                self._start(key)
        while True:
            with self._lock:
                self._add_lateness()
                self._collect()
                if not due & self._awaited() or time.monotonic() >= return_at_s:
                    return self.latest
            time.sleep(TICK_S)

    def poll(self) -> tuple[Observation, ...]:
        """Starts the checks that are due, and returns new results. Never waits."""
        with self._lock:
            self._add_lateness()
            for key, check in self._checks.items():
                if self._is_due(key, self._interval(key, check)):
                    self._start(key)
            return self._collect()

    def _interval(self, key: CheckKey, check: LiveCheck) -> timedelta:
        """Interval until the next run; where the declaration counts results, its own pace holds."""
        counts = check.opens_after is not None or check.closes_after is not None
        if counts or key not in self._unconfirmed:
            return check.every
        return min(check.every, CONFIRM_AFTER)

    def _awaited(self) -> set[CheckKey]:
        running = tuple(self._running.items())  # another thread may start checks meanwhile
        return {key for key, each in running if not each.abandoned}

    def _is_due(self, key: CheckKey, reused_for: timedelta) -> bool:
        latest = self._latest.get(key)
        if key in self._awaited():
            return False
        if latest is None:
            return True
        now = self._dependencies.clock()
        if latest.at > now:  # the clock was set back: what was found before counts as of now
            latest = self._latest[key] = latest.model_copy(update={"at": now})
        return now - latest.at >= reused_for

    def _start(self, key: CheckKey) -> None:
        """Starts a check; one that still hangs is only reported as timed out again."""
        check = self._checks[key]
        running = self._running.get(key)
        if running is not None and not running.future.done():
            running.started_at = self._dependencies.clock()
            again_s = check.within.total_seconds() if running.excused else 0.0
            running.deadline_s, running.late_s = time.monotonic() + again_s, 0.0
            running.abandoned = running.excused = False
            return
        started_at = self._dependencies.clock()
        future = start_check(key[0], check, self._dependencies, started_at)
        deadline_s = time.monotonic() + check.within.total_seconds()
        self._running[key] = _Running(future, started_at, deadline_s)

    def _collect(self) -> tuple[Observation, ...]:
        """Collects new results, and abandons the checks that exceeded their time limit."""
        results = []
        for key, running in list(self._running.items()):
            if running.abandoned:
                continue
            if running.future.done():
                results.append((key, running.future.result()))
                del self._running[key]
            elif time.monotonic() >= running.deadline_s + self._allowed(key, running):
                results.append((key, self._overdue(key, running)))
                running.abandoned = True
        for key, result in results:
            before = self._latest.get(key)
            if result.outcome == (before.outcome if before else "passed"):
                self._unconfirmed.discard(key)
            else:
                self._unconfirmed.add(key)
            self._latest[key] = result
        return tuple(observation for _, observation in results)

    def _add_lateness(self) -> None:
        """Credits every running check with the pause since the last collection, if it was long."""
        now_s = time.monotonic()
        pause_s, self._collected_s = now_s - self._collected_s, now_s
        for running in self._running.values() if pause_s > LATE_S else ():
            running.late_s += pause_s

    def _allowed(self, key: CheckKey, running: _Running) -> float:
        """Seconds by which the lateness of the prober makes the limit of a check longer."""
        return min(running.late_s, MOST_LATE * self._checks[key].within.total_seconds())

    def _overdue(self, key: CheckKey, running: _Running) -> Observation:
        """Result of a check without an answer in time: it failed, or the prober was too late."""
        check = self._checks[key]
        running.excused = running.late_s > MOST_LATE * check.within.total_seconds()
        result = prober_late(running.late_s) if running.excused else timed_out(check)
        return to_observation(key[0], check, result, self._dependencies, running.started_at)


def _live_checks(pipeline: Pipeline) -> Iterator[tuple[CheckKey, LiveCheck]]:
    for name in pipeline.order:
        for check in pipeline.processes[name].checks:
            if isinstance(check, LiveCheck):
                yield (name, check.name), check
