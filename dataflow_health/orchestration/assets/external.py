"""Processes around the pipeline as external assets, with live checks that a person may press.

Not here: what asks the same checks all the time (``live_checks``).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from dataflow_health import wiring
from dataflow_health.config.catalogue import Catalogue
from dataflow_health.errors import DatabaseError
from dataflow_health.health.duration import format_duration
from dataflow_health.health.graph import Pipeline
from dataflow_health.health.live_check import LiveCheck
from dataflow_health.health.observation import Observation
from dataflow_health.health.process import Process
from dataflow_health.monitoring.probes import runner
from dataflow_health.orchestration.asset_keys import OVERVIEW, STAGE_KEYS, process_key
from dataflow_health.orchestration.instance_state import InstanceState
from dataflow_health.orchestration.metadata import runbook
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import live_checks
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import observations

KINDS = {
    "database_answers": "sql",
    "disk_free": "disk",
    "file_exists": "folder",
    "http_answers": "http",
    "spark_workers": "spark",
    "dagster_daemon": "dagster",
}
"""What a node shows of the process, by the kind of its first check."""

_OWNER = re.compile(r"team:\S+|[^@\s]+@[^@\s]+\.[^@\s]+")


def assets(catalogue: Catalogue) -> list[dg.AssetSpec]:
    """One external asset for every process file that is neither a stage nor the overview."""
    pipeline = Pipeline(catalogue.processes)
    return [
        dg.AssetSpec(
            process_key(name),
            deps=[process_key(above) for above in pipeline.upstream[name]],
            description=process.describes,
            group_name=re.sub(r"\W", "_", process.group) or "outside",
            owners=owners(process),
            kinds=set(list(dict.fromkeys(_kinds(process)))[:3]),
            metadata=metadata(process),
        )
        for name, process in catalogue.processes.items()
        if name not in STAGES and process_key(name) != OVERVIEW
    ]


def surrounded(catalogue: Catalogue, stage: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """A stage's assets with what its process file says of it, and what stands before it outside."""
    pipeline = Pipeline(catalogue.processes)

    def told_of(spec: dg.AssetSpec) -> dg.AssetSpec:
        name = spec.tags["stage"]
        process = catalogue.processes[name]
        stands_alone = spec.key == STAGE_KEYS[name]
        described = f"{process.describes}\n\n{spec.description}" if stands_alone else None
        return spec.replace_attributes(
            description=described or spec.description,
            owners=owners(process) if stands_alone else spec.owners,
            group_name=spec.group_name if stands_alone else "algorithms",
        ).merge_attributes(
            deps=[process_key(each) for each in first_needs(pipeline, name)],
            metadata=metadata(process),
        )

    return stage.map_asset_specs(told_of)


def first_needs(pipeline: Pipeline, stage: str) -> list[str]:
    """Outside processes that a stage is the first to need.

    What comes later waits for them anyway: a shared disk's arrows to every stage would hide the
    flow, so the diagram leaves them out too.
    """
    above = pipeline.upstream[stage]
    later = {name for each in above for name in pipeline.ancestors(each)}
    return [name for name in above if name not in STAGES and name not in later]


def checks(catalogue: Catalogue) -> list[dg.AssetChecksDefinition]:
    """The live checks of every process that has some, stages included."""
    return [
        _checks_of(name, live)
        for name, process in catalogue.processes.items()
        if (live := _live(process))
    ]


def owners(process: Process) -> list[str]:
    """The owner, if Dagster takes it: an address, or ``team:name``."""
    return [process.owner] if _OWNER.fullmatch(process.owner) else []


def _live(process: Process) -> dict[str, LiveCheck]:
    return {each.name: each for each in process.checks if isinstance(each, LiveCheck)}


def _kinds(process: Process) -> Iterator[str]:
    yield "external"
    yield from (KINDS[each.kind] for each in process.checks if each.kind in KINDS)


def metadata(process: Process) -> Mapping[str, Any]:
    """What the asset's page shows of a process file: its live checks and its runbook."""
    rows = [
        dg.TableRecord(
            {
                "check": name,
                "asks": each.kind,
                "every": format_duration(each.every),
                "within": format_duration(each.within),
                "retries": each.retries,
                "severity": each.severity,
            }
        )
        for name, each in _live(process).items()
    ]
    asked: dict[str, Any] = {"live_checks": dg.MetadataValue.table(rows)} if rows else {}
    return asked | runbook.metadata(process.runbook)


def _checks_of(name: str, live: Mapping[str, LiveCheck]) -> dg.AssetChecksDefinition:
    key = process_key(name)
    specs = [
        dg.AssetCheckSpec(each.name, asset=key, description=each.describes)
        for each in live.values()
    ]

    @dg.multi_asset_check(name=f"{name}_live_checks", specs=specs, can_subset=True)
    def ask(
        context: dg.AssetCheckExecutionContext, pipeline: PipelineResource
    ) -> Iterator[dg.AssetCheckResult]:
        dependencies = wiring.probe_dependencies(pipeline.settings, InstanceState(context.instance))
        chosen = sorted(each.name for each in context.selected_asset_check_keys)
        seen = [runner.run_check(name, live[each], dependencies) for each in chosen]
        _keep(context, pipeline, seen)
        yield from (_result(each, key) for each in seen)

    return ask


def _keep(
    context: dg.AssetCheckExecutionContext, pipeline: PipelineResource, seen: Sequence[Observation]
) -> None:
    """Keeps the answers for every other face; a database that is away is itself what they tell."""
    try:
        observations.save(pipeline.deps.engine, seen, context.run.run_id)
    except DatabaseError as error:
        context.log.warning(f"cannot keep the answers: {error}")


def _result(each: Observation, key: dg.AssetKey) -> dg.AssetCheckResult:
    evaluated = live_checks.evaluation(each, key)
    return dg.AssetCheckResult(
        passed=evaluated.passed,
        check_name=each.check,
        asset_key=key,
        severity=evaluated.severity,
        description=evaluated.description,
        metadata=evaluated.metadata,
    )
