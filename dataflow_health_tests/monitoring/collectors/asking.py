"""Runs collectors as their checks would stand in a process file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dataflow_health.health.observation import Observation
from dataflow_health.health.outside_system import SystemDescription
from dataflow_health.monitoring.collectors import collector
from dataflow_health.monitoring.probes.result import ProbeContext
from dataflow_health_tests.health.factories import make_process
from dataflow_health_tests.monitoring.probes.probing import NOW, PATIENT, probe

NOTHING: Mapping[str, str] = {}


def assessed(
    check: Mapping[str, Any], environment: Mapping[str, str] = NOTHING, now: datetime = NOW
) -> Observation:
    """Result of a check, through its probe."""
    return probe(check, environment, now=now)


def described(
    check: Mapping[str, Any], environment: Mapping[str, str] = NOTHING, now: datetime = NOW
) -> SystemDescription:
    """What the collector of a check describes."""
    [declared] = make_process(checks=[PATIENT | dict(check)]).checks
    return collector.of(declared).describe(declared, "process", ProbeContext(now, 60, environment))
