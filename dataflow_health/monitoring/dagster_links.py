"""Asset keys of processes as paths, for callers that do not import Dagster."""

from collections.abc import Iterable

from dataflow_health.storage.ledger.stage_order import OUTPUTS


def asset_path(process: str) -> str:
    """Path of a process's asset key: of a stage, the overview, or an external process."""
    if process == "overview":
        return process
    return f"{process}/{OUTPUTS[process]}" if process in OUTPUTS else f"external/{process}"


def asset_paths(processes: Iterable[str]) -> dict[str, str]:
    """Path of every process's asset key."""
    return {name: asset_path(name) for name in processes}
