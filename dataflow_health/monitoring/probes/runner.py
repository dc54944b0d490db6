"""Runs a probe with a time limit and retries; an exception becomes the outcome ``errored``."""

import importlib
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Thread
from typing import cast

from loguru import logger

from dataflow_health import masking
from dataflow_health.clock import Clock
from dataflow_health.health.duration import format_duration
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.dagster_state import DagsterState
from dataflow_health.monitoring.probes import redact
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    Probe,
    ProbeContext,
    ProbeResult,
)

RETRY_PAUSE_S = 0.1
"""Pause before a probe that failed quickly runs again."""


@dataclass(frozen=True, slots=True)
class ProbeDependencies:
    """Dependencies that all probes of a process share.

    Attributes:
        clock: Returns the current time, UTC.
        environment: Environment variables, for addresses; defaults of settings must be in it.
        dagster: Daemons and sensors; None in a process without a Dagster instance.
    """

    clock: Clock
    environment: Mapping[str, str]
    dagster: DagsterState | None = None


def run_check(process: str, check: LiveCheck, dependencies: ProbeDependencies) -> Observation:
    """Runs one check and waits for its result, at most ``check.within``.

    Never raises: an exception of the probe is an observation with the outcome ``errored``.
    """
    started_at = dependencies.clock()
    running = start_check(process, check, dependencies, started_at)
    try:
        return running.result(timeout=check.within.total_seconds())
    except TimeoutError:
        result = timed_out(check)
    return to_observation(process, check, result, dependencies, started_at)


def start_check(
    process: str, check: LiveCheck, dependencies: ProbeDependencies, started_at: datetime
) -> Future[Observation]:
    """Starts a check in a thread of its own.

    The result has the time of the start, so that a slow one never overtakes a newer one. The thread
    is a daemon thread, not one of an executor: a probe that hangs must not keep the program from
    ending.
    """
    future: Future[Observation] = Future()

    def run() -> None:
        begun_s = time.monotonic()
        result = _run_with_retries(check, dependencies)
        _log(process, check, result, dependencies, time.monotonic() - begun_s)
        future.set_result(to_observation(process, check, result, dependencies, started_at))

    Thread(target=run, name=f"probe {process}.{check.name}", daemon=True).start()
    return future


def _log(
    process: str,
    check: LiveCheck,
    result: ProbeResult,
    dependencies: ProbeDependencies,
    duration_s: float,
) -> None:
    """One line for each execution; at level DEBUG if it passed, as checks run every few seconds."""
    level = "DEBUG" if result.outcome == "passed" else "INFO"
    detail = masking.mask(result.detail, dependencies.environment)
    name, duration_ms = f"{process}.{check.name}", duration_s * 1e3
    logger.log(level, "check {}: {} in {:.1f} ms: {}", name, result.outcome, duration_ms, detail)


def timed_out(check: LiveCheck) -> ProbeResult:
    """The result of a check whose probe exceeded its time limit."""
    return ProbeResult("failed", f"no answer within {format_duration(check.within)}")


def prober_late(late_s: float) -> ProbeResult:
    """The result of a check that the prober itself was too late to judge."""
    return ProbeResult("unknown", f"prober late: its machine held it up for {late_s:.1f} s")


def to_observation(
    process: str,
    check: LiveCheck,
    result: ProbeResult,
    dependencies: ProbeDependencies,
    started_at: datetime,
) -> Observation:
    """A probe result as an observation, without secrets."""
    return Observation(
        process=process,
        check=check.name,
        outcome=result.outcome,
        severity=check.severity,
        at=started_at,
        detail=masking.mask(result.detail, dependencies.environment),
    )


def _run_with_retries(check: LiveCheck, dependencies: ProbeDependencies) -> ProbeResult:
    """Runs a probe until it passes, or the retries or the time limit are used up."""
    within_s = check.within.total_seconds()
    deadline_s = time.monotonic() + within_s
    context = ProbeContext(
        dependencies.clock(), within_s, dependencies.environment, dependencies.dagster
    )
    result = _run_once(check, context)
    for _ in range(check.retries):
        remaining_s = deadline_s - time.monotonic() - RETRY_PAUSE_S
        if result.outcome in ("passed", "unknown") or remaining_s <= 0:
            break
        time.sleep(RETRY_PAUSE_S)
        result = _run_once(check, replace(context, now=dependencies.clock(), within_s=remaining_s))
    return result


def _run_once(check: LiveCheck, context: ProbeContext) -> ProbeResult:
    try:
        return _probe_of(check.kind)(check, context)
    except NotConfigured as error:
        return ProbeResult("unknown", str(error))
    except Exception as error:  # noqa: BLE001  (an operator's own code may raise anything)
        return ProbeResult("errored", redact.message(error, context.environment))


def _probe_of(kind: str) -> Probe:
    """Probe of a kind. Its module, with its database drivers, is imported at first use."""
    module = importlib.import_module(f"dataflow_health.monitoring.probes.{kind}")
    return cast("Probe", module.probe)
