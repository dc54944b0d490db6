"""One check asked, with its time limit, its retries, and whatever it raises made presentable."""

import importlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Thread
from typing import cast

from dataflow_health.health.duration import format_duration
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import (
    Heartbeats,
    NotConfigured,
    Probe,
    ProbeContext,
    ProbeResult,
)

Clock = Callable[[], datetime]

PAUSE_S = 0.1
"""Before a check that failed quickly is asked again."""


@dataclass(frozen=True, slots=True)
class ProbeDependencies:
    """What every probe is asked with.

    Attributes:
        clock: The moment, UTC.
        environment: Where addresses are looked up; settings' defaults must be filled in.
        heartbeats: Dagster's daemons; None where no instance is at hand.
    """

    clock: Clock
    environment: Mapping[str, str]
    heartbeats: Heartbeats | None = None


def run_check(
    process: str,
    check: LiveCheck,
    *,
    clock: Clock,
    environment: Mapping[str, str],
    heartbeats: Heartbeats | None = None,
) -> Observation:
    """Asks one check and waits for its answer, ``check.within`` at most.

    Never raises: a probe that does is a check that ``errored``.
    """
    dependencies = ProbeDependencies(clock, environment, heartbeats)
    coming = start_check(process, check, dependencies)
    try:
        return coming.result(timeout=check.within.total_seconds())
    except TimeoutError:
        return timed_out(process, check, dependencies)


def start_check(
    process: str, check: LiveCheck, dependencies: ProbeDependencies
) -> Future[Observation]:
    """Starts to ask in a thread of its own.

    A daemon thread, not an executor's: one that hangs for ever must not keep the program from
    ending.
    """
    coming: Future[Observation] = Future()

    def run() -> None:
        answer = _asked(check, dependencies)
        coming.set_result(to_observation(process, check, answer, dependencies))

    Thread(target=run, name=f"probe {process}.{check.name}", daemon=True).start()
    return coming


def timed_out(process: str, check: LiveCheck, dependencies: ProbeDependencies) -> Observation:
    """What is observed of a check that does not answer in time."""
    answer = ProbeResult("failed", f"no answer within {format_duration(check.within)}")
    return to_observation(process, check, answer, dependencies)


def to_observation(
    process: str, check: LiveCheck, answer: ProbeResult, dependencies: ProbeDependencies
) -> Observation:
    """An answer as an observation, its secrets starred out."""
    return Observation(
        process=process,
        check=check.name,
        outcome=answer.outcome,
        severity=check.severity,
        at=dependencies.clock(),
        detail=redact.masked(answer.detail, dependencies.environment),
    )


def _asked(check: LiveCheck, dependencies: ProbeDependencies) -> ProbeResult:
    """Asks until it passes, retries are used up, or time is."""
    deadline = time.monotonic() + check.within.total_seconds()
    context = ProbeContext(
        dependencies.clock(),
        check.within.total_seconds(),
        dependencies.environment,
        dependencies.heartbeats,
    )
    answer = _attempt(check, context)
    for _ in range(check.retries):
        left_s = deadline - time.monotonic() - PAUSE_S
        if answer.outcome in ("passed", "unknown") or left_s <= 0:
            break
        time.sleep(PAUSE_S)
        answer = _attempt(check, replace(context, now=dependencies.clock(), within_s=left_s))
    return answer


def _attempt(check: LiveCheck, context: ProbeContext) -> ProbeResult:
    try:
        return _module(check.kind)(check, context)
    except NotConfigured as error:
        return ProbeResult("unknown", str(error))
    except Exception as error:  # noqa: BLE001  (the edge where foreign code meets the board)
        return ProbeResult("errored", redact.message(error, context.environment))


def _module(kind: str) -> Probe:
    """The module of a kind has its name; it is imported when first asked, drivers and all."""
    module = importlib.import_module(f"dataflow_health.monitoring.probes.{kind}")
    return cast("Probe", module.probe)
