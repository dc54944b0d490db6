"""The sensor that writes overview, verdicts and status history when they change, without a run."""

import functools
import json
from collections.abc import Iterator
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

import dagster as dg
from loguru import logger

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import ConfigError, DatabaseError
from dataflow_health.health.report import HealthReport
from dataflow_health.monitoring import (
    change_gate,
    config_reload,
    health_service,
    prober_lease,
    status_history,
)
from dataflow_health.monitoring.change_gate import Written
from dataflow_health.monitoring.declarations import Declarations
from dataflow_health.monitoring.watched_time import WatchedTime
from dataflow_health.orchestration.asset_checks import health_checks
from dataflow_health.orchestration.asset_keys import OVERVIEW
from dataflow_health.orchestration.assets import external
from dataflow_health.orchestration.instance_state import InstanceState
from dataflow_health.orchestration.metadata import overview as metadata
from dataflow_health.orchestration.metadata.overview import OVERVIEW_CHECK, Overview
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors.running_sensor import running_sensor
from dataflow_health.settings import Settings

INTERVAL_S = 5
COUNTS_AT_MOST_EVERY = timedelta(seconds=30)
"""While only counts change, as during a long run, the overview is written this often at most."""
REPEAT_AFTER = timedelta(minutes=15)
"""An unchanged overview is written again after this long; its age shows that monitoring runs."""


class Cursor(NamedTuple):
    """What the sensor wrote last.

    Attributes:
        at_s: Time of the overview, seconds since 1970.
        statuses: Digest of its statuses.
        counts: Digest of its counts.
        verdicts: Verdicts that were written, by process.
    """

    at_s: float = 0.0
    statuses: str = ""
    counts: str = ""
    verdicts: Written = MappingProxyType({})


def sensor(catalogue: Catalogue) -> dg.SensorDefinition:
    """The sensor for the declared processes."""

    @running_sensor(
        "overview",
        INTERVAL_S,
        "Writes the overview and every process's verdict when they change; no run.",
    )
    def write(
        context: dg.SensorEvaluationContext, pipeline: PipelineResource
    ) -> dg.SensorResult | dg.SkipReason:
        overview = metadata.read_overview(catalogue, pipeline)
        if not overview.status.ledger_error:
            _record_history(pipeline, catalogue, overview.status)
        before = read_cursor(context.cursor)
        names = external.names(catalogue)
        uncoloured = set(names) - InstanceState(context.instance).materialised_at(names).keys()
        written = [
            *events(overview, before),
            *health_checks.events(overview.status, before.verdicts, uncoloured),
        ]
        if not written:
            return dg.SkipReason("nothing changed")
        return dg.SensorResult(asset_events=written, cursor=write_cursor(overview.status, before))

    return write


def _record_history(pipeline: PipelineResource, catalogue: Catalogue, report: HealthReport) -> None:
    """Records status changes, unless an API holds the lease and records them.

    It uses the YAML files as they are now, as the API does: the code location may still have older
    ones, and the two would add and remove each other's processes.
    """
    try:
        deps, declared = pipeline.deps, _config_reloader(pipeline.settings)
        if not prober_lease.of_daemon().acquire(deps.engine):
            return
        declared.reload_if_changed()
        _declarations(pipeline.settings).save_if_changed(deps.engine, report.at)
        if declared.current.processes != catalogue.processes:
            report = health_service.from_ledger(deps.engine, declared.current, report.at)
        status_history.record(deps.engine, report)
        watched = _watched_time(pipeline.settings)
        watched.add(report)
        watched.save_if_due(deps.engine, report.at)
    except (DatabaseError, ConfigError) as error:
        logger.warning("status history is not written: {}", error)


@functools.lru_cache(maxsize=1)
def _config_reloader(settings: Settings) -> config_reload.ConfigReloader:
    return config_reload.from_settings(settings)


@functools.lru_cache(maxsize=1)
def _watched_time(_settings: Settings) -> WatchedTime:
    return WatchedTime()


@functools.lru_cache(maxsize=1)
def _declarations(settings: Settings) -> Declarations:
    return Declarations(_config_reloader(settings))


def read_cursor(cursor: str | None) -> Cursor:
    """What was written last; an empty cursor when another version of this code wrote it."""
    try:
        saved = json.loads(cursor or "{}")
        verdicts = {str(name): (str(a), float(b)) for name, (a, b) in saved["verdicts"].items()}
        at_s, statuses = float(saved["at_s"]), str(saved["statuses"])
        return Cursor(at_s, statuses, str(saved["counts"]), verdicts)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Cursor()


def write_cursor(report: HealthReport, before: Cursor) -> str:
    """The cursor after a tick that wrote what was due."""
    after = before
    if is_due(report, before):
        after = Cursor(report.at.timestamp(), _statuses(report), _counts(report))
    verdicts = health_checks.after_writing(report, before.verdicts)
    return json.dumps(after._replace(verdicts=verdicts)._asdict())


def events(
    overview: Overview, before: Cursor
) -> Iterator[dg.AssetMaterialization | dg.AssetCheckEvaluation]:
    """The overview and its check as events, if they are due."""
    report = overview.status
    if is_due(report, before):
        yield dg.AssetMaterialization(
            OVERVIEW,
            description=metadata.summarise(report),
            metadata=metadata.metadata(report, overview.aircraft),
        )
        yield dg.AssetCheckEvaluation(
            asset_key=OVERVIEW, check_name=OVERVIEW_CHECK, **metadata.check_fields(report)
        )


def is_due(report: HealthReport, before: Cursor) -> bool:
    """Whether to write the overview: at once for a new status, less often for new counts."""
    return change_gate.is_due(
        (before.statuses, before.at_s), _statuses(report), report.at, repeat_after=REPEAT_AFTER
    ) or change_gate.is_due(
        (before.counts, before.at_s),
        _counts(report),
        report.at,
        repeat_after=REPEAT_AFTER,
        at_most_every=COUNTS_AT_MOST_EVERY,
    )


def _statuses(report: HealthReport) -> str:
    return change_gate.fingerprint(
        [(each.name, each.status, each.blocked_by) for each in report.processes]
    )


def _counts(report: HealthReport) -> str:
    counts = [each.counts for each in report.processes]
    return change_gate.fingerprint([each.model_dump_json() if each else "" for each in counts])
