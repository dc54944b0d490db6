"""Asset checks of the stages, evaluated in one step after the asset, or alone from the UI."""

import warnings
from collections.abc import Iterator, Sequence

import dagster as dg
from loguru import logger

from dataflow_health import wiring
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.check import AssetCheck
from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.metadata import observation as observation_metadata
from dataflow_health.orchestration.partitions import ARRIVAL_DAY
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.stages.checks import registry
from dataflow_health.stages.stage import StageSummary
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations

_COLUMNS = ("tail", "archive", "member", "recording_id", "reason", "byte_offset", "found")


def checks(catalogue: Catalogue) -> list[dg.AssetChecksDefinition]:
    """The checks of all stages, as their process files declare them."""
    return [_stage_checks(stage, catalogue) for stage in STAGES]


def _stage_checks(stage: str, catalogue: Catalogue) -> dg.AssetChecksDefinition:
    key = STAGE_KEYS[stage]
    specs = [
        _spec(check, key)
        for check in catalogue.processes[stage].checks
        if isinstance(check, AssetCheck)
    ]

    @dg.multi_asset_check(name=f"{stage}_checks", specs=specs, can_subset=True)
    def run(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> Iterator[dg.AssetCheckResult]:
        names = [each.name for each in context.selected_asset_check_keys]
        for result in evaluate(pipeline, stage, context.partition_key, names, context.run.run_id):
            yield _check_result(result, key)

    return run


def _spec(check: AssetCheck, key: dg.AssetKey) -> dg.AssetCheckSpec:
    """A check with one result per day, which is a preview feature of Dagster."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.PreviewWarning)
        return dg.AssetCheckSpec(
            check.name, asset=key, description=check.describes, partitions_def=ARRIVAL_DAY
        )


def evaluations(
    pipeline: PipelineResource, stage: str, day: str, run_id: str
) -> Iterator[dg.AssetCheckEvaluation]:
    """Results of all checks of a stage for a day, in a run that does not select its asset."""
    key = STAGE_KEYS[stage]
    for result in evaluate(pipeline, stage, day, None, run_id):
        fields = observation_metadata.check_fields(result, key)
        yield dg.AssetCheckEvaluation(**fields, metadata=_metadata(result), partition=day)


def evaluate(
    pipeline: PipelineResource, stage: str, day: str, names: Sequence[str] | None, run_id: str
) -> tuple[Observation, ...]:
    """Evaluates checks of a stage for a day, and saves their results for the other faces."""
    deps = pipeline.deps
    with logger.contextualize(stage=stage, run=run_id):
        results = registry.evaluate(
            deps.catalogue,
            deps.engine,
            deps.lake,
            wiring.thresholds(pipeline.settings),
            stage,
            day,
            deps.clock(),
            names,
        )
    observations.save(deps.engine, results, run_id)
    return results


def evaluate_remade(pipeline: PipelineResource, summary: StageSummary, run_id: str) -> None:
    """Evaluates the checks of stages that made files again: all before are older than these."""
    for stage in summary.remade:
        evaluate(pipeline, stage, summary.day, None, run_id)


def _check_result(result: Observation, key: dg.AssetKey) -> dg.AssetCheckResult:
    fields = observation_metadata.check_fields(result, key)
    return dg.AssetCheckResult(**fields, metadata=_metadata(result))


def _metadata(result: Observation) -> dict[str, dg.MetadataValue]:
    metadata: dict[str, dg.MetadataValue] = {
        "measured": dg.MetadataValue.text(result.detail),
        "failing": dg.MetadataValue.int(len(result.evidence)),
    }
    if result.evidence:
        metadata["evidence"] = dg.MetadataValue.table([_row(item) for item in result.evidence])
    return metadata


def _row(item: Evidence) -> dg.TableRecord:
    values = ((name, getattr(item, name)) for name in _COLUMNS)
    return dg.TableRecord({name: "" if value is None else value for name, value in values})
