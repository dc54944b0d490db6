"""The watch on the watcher: checks of the process ``overview``, asked as any live check.

The API and the daemon both ask them, so either tells when the other has stopped; the dead man's
switch outside tells when both have.
"""

import functools
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from dataflow_health import settings, wiring
from dataflow_health.alerting import incident_engine
from dataflow_health.health.duration import format_duration
from dataflow_health.monitoring import departure_schedule, error_budgets
from dataflow_health.monitoring.probes.result import (
    NotConfigured,
    ProbeContext,
    ProbeResult,
    passed_if,
    passed_if_recent,
)
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import quarantine
from dataflow_health.storage.queries import slo_events
from dataflow_health.storage.records import incidents as storage

if TYPE_CHECKING:
    from dagster import DagsterInstance

Arguments = Mapping[str, Any]

NAMED = 5
"""Things that one line names; the rest are counted."""


def sensors_tick(arguments: Arguments, context: ProbeContext) -> ProbeResult:
    """Every running sensor ticked lately, and its last tick did not fail."""
    instance = _instance(_settings(context).dagster_home)
    late, most = [], _duration(arguments, "at_most", timedelta(minutes=2))
    states = [s for s in instance.all_instigator_state() if s.instigator_type.value == "SENSOR"]
    running = [state for state in states if state.is_running]
    if not running:
        raise NotConfigured("no sensor runs; dataflow-health up starts them")
    for state in running:
        ticks = instance.get_ticks(state.instigator_origin_id, state.selector_id, limit=1)
        at = datetime.fromtimestamp(ticks[0].timestamp, UTC) if ticks else None
        if at is None or context.now - at > most:
            late.append(
                f"{state.instigator_name} ({format_duration(context.now - at) if at else 'never'})"
            )
        elif ticks[0].status.value == "FAILURE":
            late.append(f"{state.instigator_name} (failed)")
    return passed_if(not late, f"sensors late or failing ({_named(late)}) of {len(running)} = 0")


def configuration_loads(_arguments: Arguments, context: ProbeContext) -> ProbeResult:
    """The YAML as it lies there is right, so that a reload would load."""
    catalogue = wiring.catalogue(_settings(context))
    return passed_if(True, f"{len(catalogue.files)} files are right")


def messages_delivered(arguments: Arguments, context: ProbeContext) -> ProbeResult:
    """No message waits longer than allowed for its channel."""
    deps = _dependencies(context)
    if not incident_engine.configured_rules(deps.catalogue.alerts, context.environment):
        raise NotConfigured("no channel of any alert rule is set, so nobody is told of anything")
    most = _duration(arguments, "at_most", timedelta(minutes=5))
    waiting = [each for each in storage.due(deps.engine) if each.due_at <= context.now]
    failing = [each for each in storage.due(deps.engine) if each.attempts > 1]
    late = [each for each in waiting if context.now - each.due_at > most]
    channels = sorted({f"{each.channel}: {each.error}" for each in failing})
    stuck = len({each.key for each in (*failing, *late)})
    return passed_if(
        not stuck, f"messages not delivered ({stuck}) = 0 {'; '.join(channels)}".strip()
    )


def quarantine_age(arguments: Arguments, context: ProbeContext) -> ProbeResult:
    """Nothing waits in quarantine for longer than allowed."""
    rows = quarantine.find(_dependencies(context).engine)
    most = _duration(arguments, "at_most", timedelta(days=7))
    if not rows:
        return passed_if(True, "quarantine is empty")
    oldest = rows[0]
    what = f"{oldest.id[:12]} at {oldest.stage}, the oldest of {len(rows)} in quarantine,"
    return passed_if_recent(what, context.now - oldest.arrived_at, most)


def budgets_last(arguments: Arguments, context: ProbeContext) -> ProbeResult:
    """No error budget burns so fast that an alarm of the given severity is raised."""
    deps = _dependencies(context)
    severity = arguments.get("severity", "error")
    found = error_budgets.budgets(deps.engine, deps.catalogue.slos, context.now)
    burning = [error_budgets.describe(each) for each in found if each.severity == severity]
    if burning:
        return passed_if(False, "; ".join(burning[:NAMED]))
    return passed_if(
        True,
        "; ".join(error_budgets.describe(each) for each in found[:NAMED]) or "nothing is promised",
    )


def nothing_flaps(_arguments: Arguments, context: ProbeContext) -> ProbeResult:
    """No cause comes and goes."""
    found = storage.find(_dependencies(context).engine, is_open=True, limit=1000)
    unstable = [f"{each.process}: {each.cause}" for each in found if each.flapping]
    return passed_if(not unstable, f"causes that come and go ({_named(unstable)}) = 0")


def answered_before_departure(arguments: Arguments, context: ProbeContext) -> ProbeResult:
    """Every aircraft that departs soon has the answers of all its recordings in SQL."""
    chosen = _settings(context)
    if not chosen.schedule_url:
        raise NotConfigured("no departure is known: DATAFLOW_HEALTH_SCHEDULE_URL is not set")
    soon = context.now + _duration(arguments, "within", timedelta(hours=2))
    coming = departure_schedule.next_departures(
        departure_schedule.read(chosen.schedule_url), context.now
    )
    waiting = slo_events.not_loaded(_dependencies(context).engine)
    late = [
        f"{tail} departs {at:%H:%M}Z with {waiting[tail]} unanswered"
        for tail, at in sorted(coming.items(), key=lambda item: item[1])
        if at <= soon and waiting.get(tail)
    ]
    return passed_if(not late, f"aircraft about to depart without answers ({_named(late)}) = 0")


@functools.lru_cache(maxsize=2)
def _instance(home: Path) -> "DagsterInstance":
    if not (home / "dagster.yaml").exists():
        raise NotConfigured(f"there is no Dagster instance in {home}")
    import dagster as dg

    return dg.DagsterInstance.from_config(str(home))


def _settings(context: ProbeContext) -> Settings:
    return settings.load(context.environment)


def _dependencies(context: ProbeContext) -> Dependencies:
    return wiring.dependencies(_settings(context))


def _duration(arguments: Arguments, name: str, default: timedelta) -> timedelta:
    given = arguments.get(name)
    return default if given is None else TypeAdapter(timedelta).validate_python(given)


def _named(found: list[str]) -> str:
    more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return f"{len(found)}: {', '.join(found[:NAMED])}{more}" if found else "0"
