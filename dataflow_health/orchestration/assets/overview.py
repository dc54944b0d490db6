"""The board inside Dagster's UI: one asset that shows how everything is, and one check of it.

Nothing is judged here; it is the report that every face shows.
"""

import functools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
from loguru import logger

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import ConfigError, DatabaseError
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import (
    change_gate,
    config_reload,
    health_service,
    prober_lease,
    status_history,
)
from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import OVERVIEW, process_key
from dataflow_health.orchestration.assets import external
from dataflow_health.orchestration.metadata import overview as overview_metadata
from dataflow_health.orchestration.metadata.overview import Look
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.settings import Settings

CHECK = "everything_healthy"

INTERVAL_S = 5
COUNTS_AT_MOST_EVERY = timedelta(seconds=30)
"""While only counts change, as in a long run, the overview is written this often at most."""
REPEAT_AFTER = timedelta(minutes=15)
"""An unchanged overview is written again after this long; its age shows that monitoring runs."""

_DESCRIPTION = """How everything is, on one page: the health strip, each process, each aircraft.

Red only where the cause is: what waits for somebody else's fault is BLOCKED. Written anew whenever
something changes; materialise it to look at once."""


def asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """The board, and what a person who presses Materialize gets.

    The process of the same name, the watch over the watcher, has its checks on it.
    """
    process = catalogue.processes["overview"]

    @dg.asset(
        key=OVERVIEW,
        group_name="overview",
        kinds={"dashboard"},
        owners=external.owners(process),
        description=f"{_DESCRIPTION}\n\n{process.describes}",
        deps=[process_key(name) for name in Pipeline(catalogue.processes).upstream["overview"]],
        metadata=external.metadata(process),
        check_specs=[
            dg.AssetCheckSpec(
                CHECK, asset=OVERVIEW, description="No process is FAILED by a fault of its own."
            )
        ],
    )
    def overview(pipeline: PipelineResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        report, aircraft = overview_metadata.look(catalogue, pipeline)
        return dg.MaterializeResult(
            metadata=overview_metadata.metadata(report, aircraft),
            check_results=[dg.AssetCheckResult(check_name=CHECK, **_judged(report))],
        )

    return overview


def sensor(catalogue: Catalogue) -> dg.SensorDefinition:
    """Writes the board, the verdicts and the history whenever something changed, in no run."""

    @dg.sensor(
        name="overview",
        minimum_interval_seconds=INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Writes the overview and every process's verdict when they change, in no run.",
    )
    def tell(
        context: dg.SensorEvaluationContext, pipeline: PipelineResource
    ) -> dg.SensorResult | dg.SkipReason:
        look = overview_metadata.look(catalogue, pipeline)
        if not look[0].ledger_error:
            _keep_history(pipeline, catalogue, look[0])
        before = read_cursor(context.cursor)
        news = [*events(look, before), *health_checks.events(look[0], before["verdicts"])]
        if not news:
            return dg.SkipReason("nothing changed")
        return dg.SensorResult(asset_events=news, cursor=write_cursor(look[0], before))

    return tell


def _keep_history(pipeline: PipelineResource, catalogue: Catalogue, report: HealthReport) -> None:
    """Writes what changed, unless an API holds the lease and does the same.

    From the YAML as it lies there, as the API reads it: the code location may still hold an older
    one, and the two would write each other's processes in and out.
    """
    try:
        deps, declared = pipeline.deps, _declared(pipeline.settings)
        if not prober_lease.of_daemon().acquire(deps.engine):
            return
        declared.look()
        if declared.current.processes != catalogue.processes:
            report = health_service.from_ledger(deps.engine, declared.current, report.at)
        status_history.record(deps.engine, report)
    except (DatabaseError, ConfigError) as fault:
        logger.warning("the history is not written: {}", fault)


@functools.lru_cache(maxsize=1)
def _declared(chosen: Settings) -> config_reload.ConfigReloader:
    return config_reload.from_settings(chosen)


def read_cursor(cursor: str | None) -> dict[str, Any]:
    """What was written so far; nothing, if another version of this code kept it."""
    try:
        told = json.loads(cursor or "{}")
        verdict = {str(name): (str(a), float(b)) for name, (a, b) in told["verdicts"].items()}
        return {
            "at_s": float(told["at_s"]),
            "statuses": str(told["statuses"]),
            "counts": str(told["counts"]),
            "verdicts": verdict,
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"at_s": 0.0, "statuses": "", "counts": "", "verdicts": {}}


def write_cursor(report: HealthReport, before: dict[str, Any]) -> str:
    """What the next tick is to know."""
    own = before
    if is_due(report, before):
        own = {
            "at_s": report.at.timestamp(),
            "statuses": _statuses(report),
            "counts": _counts(report),
        }
    return json.dumps({**own, "verdicts": health_checks.mark(report, before["verdicts"])})


def events(
    look: Look, before: dict[str, Any]
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """The board as Dagster keeps it, if it must be written."""
    report, aircraft = look
    if is_due(report, before):
        yield dg.AssetMaterialization(
            OVERVIEW,
            description=overview_metadata.verdict(report),
            metadata=overview_metadata.metadata(report, aircraft),
        )
        yield dg.AssetCheckEvaluation(asset_key=OVERVIEW, check_name=CHECK, **_judged(report))


def is_due(report: HealthReport, before: dict[str, Any]) -> bool:
    """Whether the overview must be written: at once for statuses, now and then for counts."""
    statuses, counts = ((before[name], before["at_s"]) for name in ("statuses", "counts"))
    return change_gate.is_due(
        statuses, _statuses(report), report.at, repeat_after=REPEAT_AFTER
    ) or change_gate.is_due(
        counts,
        _counts(report),
        report.at,
        repeat_after=REPEAT_AFTER,
        at_most_every=COUNTS_AT_MOST_EVERY,
    )


def _judged(report: HealthReport) -> dict[str, Any]:
    return {
        "passed": not report.causes,
        "description": overview_metadata.verdict(report),
        "metadata": overview_metadata.evidence(report),
    }


def _statuses(report: HealthReport) -> str:
    return change_gate.fingerprint(
        [(each.name, each.status, each.blocked_by) for each in report.processes]
    )


def _counts(report: HealthReport) -> str:
    return change_gate.fingerprint(
        [e.counts.model_dump_json() if e.counts else "" for e in report.processes]
    )
