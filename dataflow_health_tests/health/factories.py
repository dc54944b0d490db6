"""Processes and observations with everything defaulted but what a test is about."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation, StageCounts
from dataflow_health.health.process import Process

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = NOON.date()


def ago(**how_long: float) -> datetime:
    return NOON - timedelta(**how_long)


def make_process(**given: Any) -> Process:
    return Process.model_validate({"describes": "A block."} | given)


def asset_check(name: str, **given: Any) -> dict[str, Any]:
    return {"kind": "asset_check", "name": name} | given


def live_check(name: str = "answers", **given: Any) -> dict[str, Any]:
    return {"kind": "tcp_answers", "name": name, "address": "localhost:1"} | given


def make_observation(
    process: str, check: str, outcome: str = "passed", **given: Any
) -> Observation:
    return Observation.model_validate(
        {"process": process, "check": check, "outcome": outcome, "at": NOON} | given
    )


def make_counts(process: str, **given: Any) -> StageCounts:
    return StageCounts.model_validate({"process": process, "at": NOON, "arrival_day": DAY} | given)


def chain() -> Pipeline:
    """first -> second -> third, and a service that second needs."""
    return Pipeline.of(
        {
            "first": make_process(checks=[asset_check("good")]),
            "second": make_process(after=["first"], checks=[asset_check("good")]),
            "third": make_process(after=["second"], checks=[asset_check("good")]),
            "service": make_process(external=True, before=["second"], checks=[live_check()]),
        }
    )


def all_passed(**instead: Any) -> list[Observation | StageCounts]:
    """Everything of :func:`chain` passes, but what is given by process name."""
    seen: Mapping[str, Observation] = {
        name: make_observation(name, "answers" if name == "service" else "good")
        for name in ("first", "second", "third", "service")
    }
    return list((dict(seen) | instead).values())
