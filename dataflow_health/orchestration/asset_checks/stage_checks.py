"""Asset checks: each stage's questions, asked in one step after its asset, or alone from the UI."""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from dataflow_health import wiring
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages.checks import registry
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations

_COLUMNS = ("tail", "archive", "member", "recording_id", "reason", "byte_offset", "found")


def stage_checks(catalogue: Catalogue) -> list[dg.AssetChecksDefinition]:
    """The checks of all stages, as their process files declare them."""
    return [_checks_of(stage, catalogue) for stage in STAGES]


def _checks_of(stage: str, catalogue: Catalogue) -> dg.AssetChecksDefinition:
    key = STAGE_KEYS[stage]
    specs = [
        _spec(each.name, key, each.describes)
        for each in catalogue.processes[stage].checks
        if each.kind == "asset_check"
    ]

    @dg.multi_asset_check(name=f"{stage}_checks", specs=specs, can_subset=True)
    def ask(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> Iterator[dg.AssetCheckResult]:
        names = [each.name for each in context.selected_asset_check_keys]
        for each in answer(pipeline, stage, context.partition_key, names, context.run.run_id):
            yield _result(each, key)

    return ask


def _spec(name: str, key: dg.AssetKey, describes: str) -> dg.AssetCheckSpec:
    """A check with a result a day: a preview in Dagster, so this is the one place to change."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(name, asset=key, description=describes, partitions_def=ARRIVAL_DAY)


def answer(
    pipeline: PipelineResource, stage: str, day: str, names: Sequence[str], run_id: str
) -> tuple[Observation, ...]:
    """Answers checks and keeps the answers for every other face."""
    deps, chosen = pipeline.deps, pipeline.settings
    observed = registry.evaluate(
        deps.catalogue,
        deps.engine,
        deps.lake,
        wiring.thresholds(chosen),
        stage,
        day,
        deps.clock(),
        names,
    )
    observations.save(deps.engine, observed, run_id)
    return observed


def _result(each: Observation, key: dg.AssetKey) -> dg.AssetCheckResult:
    warning = each.severity == "warning"
    told: dict[str, Any] = {"measured": each.detail, "failing": len(each.evidence)}
    if each.evidence:
        told["evidence"] = dg.MetadataValue.table([_record(item) for item in each.evidence])
    return dg.AssetCheckResult(
        passed=each.outcome == "passed",
        check_name=each.check,
        asset_key=key,
        severity=dg.AssetCheckSeverity.WARN if warning else dg.AssetCheckSeverity.ERROR,
        description=each.detail,
        metadata=told,
    )


def _record(item: Evidence) -> dg.TableRecord:
    values = ((name, getattr(item, name)) for name in _COLUMNS)
    return dg.TableRecord({name: "" if value is None else value for name, value in values})
