"""The overview as a Dagster asset: the health report on one page, with one check of it."""

import dagster as dg

from dataflow_health.config.catalogue import Catalogue
from dataflow_health.health.graph import Pipeline
from dataflow_health.orchestration.asset_keys import OVERVIEW, process_key
from dataflow_health.orchestration.metadata import overview as overview_metadata
from dataflow_health.orchestration.metadata import process as process_metadata
from dataflow_health.orchestration.metadata.overview import OVERVIEW_CHECK
from dataflow_health.orchestration.resources import PipelineResource

_DESCRIPTION = """The health of everything on one page: a strip, each process, each aircraft.

Only causes are red: a process that waits for another one's fault is BLOCKED. The page is written
whenever something changes; materialise it to update it at once.

To repeat what failed, and nothing else: Jobs, `rerun`, Launchpad; or `dataflow-health rerun
--failed`. "Materialize all" runs whole arrival days and skips what is done: it repairs nothing."""


def asset(catalogue: Catalogue) -> dg.AssetsDefinition:
    """The overview, updated by a sensor or by a person who materialises it.

    The self-checks of the process ``overview`` belong to this asset.
    """
    process = catalogue.processes["overview"]

    @dg.asset(
        key=OVERVIEW,
        group_name="overview",
        kinds={"dashboard"},
        owners=process_metadata.owners(process),
        description=f"{_DESCRIPTION}\n\n{process.describes}",
        deps=[process_key(name) for name in Pipeline(catalogue.processes).upstream["overview"]],
        metadata=process_metadata.metadata(process),
        check_specs=[
            dg.AssetCheckSpec(
                OVERVIEW_CHECK,
                asset=OVERVIEW,
                description="No process is FAILED by a fault of its own.",
            )
        ],
    )
    def overview(pipeline: PipelineResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        found = overview_metadata.read_overview(catalogue, pipeline)
        fields = overview_metadata.check_fields(found.status)
        return dg.MaterializeResult(
            metadata=overview_metadata.metadata(found.status, found.aircraft),
            check_results=[dg.AssetCheckResult(check_name=OVERVIEW_CHECK, **fields)],
        )

    return overview
