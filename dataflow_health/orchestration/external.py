"""Processes that are not ours, as external assets: seen in the graph, never materialised by us."""

import dagster as dg

from dataflow_health.config.load import Catalogue


def key_of(name: str) -> dg.AssetKey:
    """Asset of a process around the pipeline."""
    return dg.AssetKey(["external", name])


def assets(catalogue: Catalogue) -> list[dg.AssetSpec]:
    """One external asset for every process file that is not a stage."""
    return [
        dg.AssetSpec(
            key_of(name),
            deps=[key_of(above) for above in process.after if catalogue.processes[above].external],
            description=process.describes,
            group_name=process.group or "external",
            owners=[process.owner] if process.owner else [],
            kinds={"external"},
            metadata={"runbook": dg.MetadataValue.url(process.runbook)} if process.runbook else {},
        )
        for name, process in catalogue.processes.items()
        if process.external
    ]
