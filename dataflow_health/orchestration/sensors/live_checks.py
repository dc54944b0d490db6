"""Sensor ``live_checks``: runs all live checks, without Dagster runs.

A result is written to Dagster when it changes, and once an hour. For the API and the command line
it is saved at every tick, because they treat a result that is two minutes old as stale.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import dagster as dg

from dataflow_health import wiring
from dataflow_health.clock import utc_now
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring import change_gate, prober_lease
from dataflow_health.monitoring.change_gate import Written
from dataflow_health.monitoring.dagster_state import DagsterSnapshot, ScheduledJob, SensorTick
from dataflow_health.monitoring.leased_prober import LeasedProber
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.orchestration.asset_keys import process_key
from dataflow_health.orchestration.assets import external
from dataflow_health.orchestration.instance_state import InstanceState
from dataflow_health.orchestration.metadata import observation as metadata
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors.running_sensor import running_sensor

INTERVAL_S = 5
"""The shortest interval of the sensor daemon."""
WAIT_S = 1.0
"""Longest wait of a tick for results; later results are written by the next tick."""
REPEAT_AFTER = timedelta(hours=1)
"""An unchanged result is written to Dagster this often. Dagster keeps each one, about 5 kB, for
ever: once a minute, twenty checks would make 50 GB a year."""


@dataclass
class _LastingState:
    """State between ticks in the code server process; implements DagsterState.

    Attributes:
        prober: Runs the checks; created at the first tick.
        dagster: Daemons and sensors at the newest tick; the tick's own instance is closed after it.
    """

    prober: LeasedProber | None = None
    dagster: DagsterSnapshot = field(default_factory=lambda: DagsterSnapshot({}))

    def daemon_heartbeats(self) -> Mapping[str, datetime]:
        """Time of the newest heartbeat of each daemon, at the newest tick."""
        return self.dagster.daemon_heartbeats()

    def sensor_ticks(self) -> Sequence[SensorTick]:
        """The newest tick of every running sensor, at the newest tick of this one."""
        return self.dagster.sensor_ticks()

    def scheduled_jobs(self) -> Sequence[ScheduledJob]:
        """Every schedule that was ever on, at the newest tick."""
        return self.dagster.scheduled_jobs()


def sensor(catalogue: Catalogue) -> dg.SensorDefinition:
    """The sensor that runs all declared live checks."""
    state = _LastingState()
    checks = Pipeline(catalogue.processes)

    @running_sensor(
        "live_checks",
        INTERVAL_S,
        (
            "Runs every live check, or reads the results of the API, which goes first. "
            "A result is written to Dagster when it changes, and once an hour."
        ),
    )
    def probe(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SensorResult:
        state.dagster = InstanceState(context.instance).snapshot()
        if state.prober is None:
            dependencies = wiring.probe_dependencies(pipeline.settings, state)
            scheduler = ProbeScheduler(checks, dependencies)
            state.prober = LeasedProber(
                scheduler, prober_lease.of_daemon(), lambda: pipeline.deps.engine
            )
        results = state.prober.results(WAIT_S)
        written = change_gate.read(context.cursor)
        materialised_at = InstanceState(context.instance).materialised_at(external.names(catalogue))
        due_results = due(results, written, utc_now(), materialised_at)
        return dg.SensorResult(
            asset_events=[_event(result) for result in due_results],
            cursor=write_cursor(written, due_results),
        )

    return probe


def _event(result: Observation) -> dg.AssetCheckEvaluation:
    fields = metadata.check_fields(result, process_key(result.process))
    return dg.AssetCheckEvaluation(**fields, metadata=metadata.live_check_metadata(result))


def due(
    results: Sequence[Observation],
    written: Written,
    now: datetime,
    materialised_at: Mapping[str, datetime],
) -> list[Observation]:
    """Results to write to Dagster: changed ones, and those last written an hour ago or earlier.

    Dagster drops results that are older than the materialisation of their asset; these are written
    again. An unknown result is never written: Dagster can show only passed or failed.

    Args:
        results: The newest results.
        written: What was written last.
        now: Evaluation time, UTC.
        materialised_at: Time of the newest materialisation of each external process that has one.
    """

    def is_due(each: Observation) -> bool:
        last = written.get(_name(each), change_gate.NEVER)
        dropped_at = materialised_at.get(each.process)
        is_dropped = dropped_at is not None and last[1] <= dropped_at.timestamp()
        return is_dropped or change_gate.is_due(last, each.outcome, now, repeat_after=REPEAT_AFTER)

    return [each for each in results if each.outcome != "unknown" and is_due(each)]


def write_cursor(written: Written, due_results: Sequence[Observation]) -> str:
    """Cursor for the next tick: outcome and time of the last written result of every check."""
    return json.dumps({**written, **{_name(e): (e.outcome, e.at.timestamp()) for e in due_results}})


def _name(each: Observation) -> str:
    return f"{each.process}.{each.check}"
