"""Paths of pages and assets in the Dagster UI, for callers that do not import Dagster."""

from collections.abc import Iterable

from dataflow_health.storage.ledger.stage_order import OUTPUTS, STAGES

GRAPH = "/asset-groups?expanded=" + ",".join(
    f"global@global:{group}" for group in (*STAGES, "outside", "overview")
)
"""Path of the asset graph in the UI, with all groups except the algorithms expanded."""


def asset_path(process: str) -> str:
    """Path of a process's asset key: of a stage, the overview, or an external process."""
    if process == "overview":
        return process
    return f"{process}/{OUTPUTS[process]}" if process in OUTPUTS else f"external/{process}"


def asset_paths(processes: Iterable[str]) -> dict[str, str]:
    """Path of every process's asset key."""
    return {name: asset_path(name) for name in processes}
