"""Kind ``sensors_tick``: the Dagster sensors are on, and ticked recently and without an error."""

from datetime import datetime, timedelta

from dataflow_health.health.duration import format_duration
from dataflow_health.health.self_check import SensorsTick
from dataflow_health.monitoring.dagster_state import SensorTick
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    list_some,
    passed_if,
)


def probe(check: SensorsTick, context: ProbeContext) -> ProbeResult:
    """Compares the age of each sensor's newest tick.

    Raises:
        NotConfigured: There is no Dagster instance, or no sensor runs.
    """
    if context.dagster is None:
        raise NotConfigured("this process has no Dagster instance")
    found = context.dagster.sensor_ticks()
    ticks = [each for each in found if each.is_running or each.sensor in check.required]
    if not ticks:
        raise NotConfigured("no sensor runs; dataflow-health up starts them")
    faults = [fault for tick in ticks if (fault := _fault(tick, check.at_most, context.now))]
    return passed_if(
        not faults, f"sensors late, failing or off ({list_some(faults)}) of {len(ticks)} = 0"
    )


def _fault(tick: SensorTick, at_most: timedelta, now: datetime) -> str:
    """Name of a late or failing sensor with its fault; empty for a good one."""
    if not tick.is_running:
        return f"{tick.sensor} (switched off)"
    if tick.at is None:
        return f"{tick.sensor} (never)"
    if now - tick.at > at_most:
        return f"{tick.sensor} ({format_duration(now - tick.at)})"
    return f"{tick.sensor} (failed)" if tick.failed else ""
