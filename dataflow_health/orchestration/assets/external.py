"""External processes as assets, with live checks that a person may execute.

The sensor ``live_checks`` runs the same checks all the time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from dataflow_health import wiring
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import DatabaseError
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Observation
from dataflow_health.monitoring.probes import runner
from dataflow_health.orchestration.asset_keys import OVERVIEW, STAGE_KEYS, process_key
from dataflow_health.orchestration.instance_state import InstanceState
from dataflow_health.orchestration.metadata import observation as observation_metadata
from dataflow_health.orchestration.metadata import process as process_metadata
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations


def names(catalogue: Catalogue) -> list[str]:
    """Processes that are neither a stage nor the overview: no run and no sensor makes them."""
    return [
        name for name in catalogue.processes if name not in STAGES and process_key(name) != OVERVIEW
    ]


def assets(catalogue: Catalogue) -> list[dg.AssetSpec]:
    """One external asset for every external process."""
    pipeline = Pipeline(catalogue.processes)
    return [_asset(pipeline, name) for name in names(catalogue)]


def _asset(pipeline: Pipeline, name: str) -> dg.AssetSpec:
    process = pipeline.processes[name]
    return dg.AssetSpec(
        process_key(name),
        deps=[process_key(above) for above in pipeline.upstream[name]],
        description=process.describes,
        group_name=re.sub(r"\W", "_", process.group) or "outside",
        owners=process_metadata.owners(process),
        kinds=process_metadata.kinds(process),
        metadata=process_metadata.metadata(process),
    )


def with_process_file(catalogue: Catalogue, stage: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """A stage's assets with the words of its process file and the external processes it needs."""
    pipeline = Pipeline(catalogue.processes)

    def complete(spec: dg.AssetSpec) -> dg.AssetSpec:
        name = spec.tags["stage"]
        process = catalogue.processes[name]
        is_stage = spec.key == STAGE_KEYS[name]
        description = f"{process.describes}\n\n{spec.description}" if is_stage else None
        return spec.replace_attributes(
            description=description or spec.description,
            owners=process_metadata.owners(process) if is_stage else spec.owners,
            group_name=spec.group_name if is_stage else "algorithms",
        ).merge_attributes(
            deps=[process_key(each) for each in first_needed(pipeline, name)],
            metadata=process_metadata.metadata(process),
        )

    return stage.map_asset_specs(complete)


def first_needed(pipeline: Pipeline, stage: str) -> list[str]:
    """External processes that a stage is the first to need.

    Later stages wait for them anyway: arrows from a shared disk to every stage would hide the flow,
    so the diagram leaves them out, too.
    """
    above = pipeline.upstream[stage]
    needed_before = {name for each in above for name in pipeline.ancestors(each)}
    return [name for name in above if name not in STAGES and name not in needed_before]


def checks(catalogue: Catalogue) -> list[dg.AssetChecksDefinition]:
    """The live checks of all processes, stages included."""
    return [
        _live_checks(name, live)
        for name, process in catalogue.processes.items()
        if (live := process_metadata.live_checks(process))
    ]


def _live_checks(name: str, live: Mapping[str, LiveCheck]) -> dg.AssetChecksDefinition:
    key = process_key(name)
    specs = [
        dg.AssetCheckSpec(check.name, asset=key, description=check.describes)
        for check in live.values()
    ]

    @dg.multi_asset_check(name=f"{name}_live_checks", specs=specs, can_subset=True)
    def probe(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> Iterator[dg.AssetCheckResult]:
        deps = wiring.probe_dependencies(pipeline.settings, InstanceState(context.instance))
        selected = sorted(each.name for each in context.selected_asset_check_keys)
        results = [runner.run_check(name, live[each], deps) for each in selected]
        _save(context, pipeline, results)
        for result in results:
            yield dg.AssetCheckResult(
                **observation_metadata.check_fields(result, key),
                metadata=observation_metadata.live_check_metadata(result),
            )

    return probe


def _save(
    context: dg.AssetCheckExecutionContext,
    pipeline: PipelineResource,
    results: Sequence[Observation],
) -> None:
    """Saves results for the other faces; without a database, a check of its own shows that."""
    try:
        observations.save(pipeline.deps.engine, results, context.run.run_id)
    except DatabaseError as error:
        context.log.warning(f"cannot save the results of live checks: {error}")
