"""The sensor that asks all live checks beside the pipeline: results in Dagster, and no runs.

An answer is written to Dagster when it changes, and once an hour besides; it is kept for the other
faces at every tick, where an answer two minutes old is stale.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Thread

import dagster as dg
from loguru import logger

from dataflow_health import wiring
from dataflow_health.clock import utc_now
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import DatabaseError
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.dagster_state import DagsterSnapshot, SensorTick
from dataflow_health.monitoring.probes.scheduler import ProbeScheduler
from dataflow_health.orchestration.asset_keys import process_key
from dataflow_health.orchestration.instance_state import InstanceState
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.records import observations

INTERVAL_S = 5
"""The sensor daemon looks no more often (its loop's minimum)."""
PATIENCE_S = 1.0
"""A tick waits this long for answers; what comes later is told by the next tick."""
HEARTBEAT_S = 3600
"""An answer that stays the same is written to Dagster this often. It keeps every one for ever, some
5 kB each: once a minute, twenty checks would make 50 GB a year."""

Told = Mapping[str, tuple[str, float]]
"""By check: the outcome last written, and when, in seconds since 1970."""


@dataclass
class _Watching:
    """What lasts from tick to tick in the process that serves the code.

    Attributes:
        pipeline: Whose checks are asked.
        pool: Asks them; made at the first tick.
        dagster: Daemons and sensors at the newest tick; the tick's own instance is closed after it.
        keeping: The last attempt to keep answers, which may hang with its database.
    """

    pipeline: Pipeline
    pool: ProbeScheduler | None = None
    dagster: DagsterSnapshot = field(default_factory=lambda: DagsterSnapshot({}))
    keeping: Thread | None = None

    def daemon_heartbeats(self) -> Mapping[str, datetime]:
        """Time of the newest heartbeat of each daemon, at the newest tick."""
        return self.dagster.daemon_heartbeats()

    def sensor_ticks(self) -> Sequence[SensorTick]:
        """The newest tick of every running sensor, at the newest tick of this one."""
        return self.dagster.sensor_ticks()


def sensor(catalogue: Catalogue) -> dg.SensorDefinition:
    """The sensor over all live checks that are declared."""
    watching = _Watching(Pipeline(catalogue.processes))

    @dg.sensor(
        name="live_checks",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Asks every live check beside the pipeline; one that hangs delays no other. "
            "An answer is written when it changes, and once an hour."
        ),
    )
    def ask(context: dg.SensorEvaluationContext, pipeline: PipelineResource) -> dg.SensorResult:
        watching.dagster = InstanceState(context.instance).snapshot()
        answers = _answers(watching, pipeline.settings)
        _keep(watching, answers, lambda: pipeline.deps)
        told = read_cursor(context.cursor)
        news = due(answers, told, utc_now())
        return dg.SensorResult(
            asset_events=[evaluation(each, process_key(each.process)) for each in news],
            cursor=write_cursor(told, news),
        )

    return ask


def evaluation(each: Observation, key: dg.AssetKey) -> dg.AssetCheckEvaluation:
    """An answer as Dagster keeps it."""
    warning = each.severity == "warning"
    return dg.AssetCheckEvaluation(
        asset_key=key,
        check_name=each.check,
        passed=each.outcome == "passed",
        severity=dg.AssetCheckSeverity.WARN if warning else dg.AssetCheckSeverity.ERROR,
        description=each.detail,
        metadata={
            "measured": dg.MetadataValue.text(each.detail or each.outcome),
            "asked_at": dg.MetadataValue.timestamp(each.at),
        },
    )


def due(answers: Sequence[Observation], told: Told, now: datetime) -> list[Observation]:
    """Answers to write: those that changed, and those not written for a while.

    What has nothing to ask is written never: neither green nor red would be true.
    """

    def is_due(each: Observation) -> bool:
        outcome, at_s = told.get(_name(each), ("", 0.0))
        return each.outcome != outcome or now.timestamp() - at_s >= HEARTBEAT_S

    return [each for each in answers if each.outcome != "unknown" and is_due(each)]


def read_cursor(cursor: str | None) -> Told:
    """What the last tick knew; nothing, if another version of this code wrote it."""
    try:
        return {
            str(name): (str(a), float(b)) for name, (a, b) in json.loads(cursor or "{}").items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}


def write_cursor(told: Told, news: Sequence[Observation]) -> str:
    """What the next tick is to know."""
    return json.dumps({**told, **{_name(e): (e.outcome, e.at.timestamp()) for e in news}})


def _answers(watching: _Watching, chosen: Settings) -> tuple[Observation, ...]:
    if watching.pool is None:
        watching.pool = ProbeScheduler(
            watching.pipeline, wiring.probe_dependencies(chosen, watching)
        )
    return watching.pool.probe_due(at_most_s=PATIENCE_S)


def _keep(
    watching: _Watching, answers: Sequence[Observation], deps: Callable[[], Dependencies]
) -> None:
    """Keeps answers in a thread of its own: a database that hangs must not hold the tick up."""
    if watching.keeping is not None and watching.keeping.is_alive():
        return

    def keep() -> None:
        try:
            observations.save(deps().engine, answers)
        except DatabaseError as error:
            logger.warning("cannot keep the answers of live checks: {}", error)

    watching.keeping = Thread(target=keep, name="keep live checks", daemon=True)
    watching.keeping.start()
    watching.keeping.join(PATIENCE_S)


def _name(each: Observation) -> str:
    return f"{each.process}.{each.check}"
