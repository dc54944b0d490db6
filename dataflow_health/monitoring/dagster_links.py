"""Where a process stands in Dagster's UI, for faces that never import Dagster."""

from collections.abc import Iterable

ASSETS = {
    "download": "download/archives",
    "extract": "extract/recordings",
    "parse": "parse/parameters",
    "compress": "compress/counts",
    "store": "store/tsv",
    "ingest": "ingest/samples",
    "analyse": "analyse/answers",
    "load": "load/findings",
}
"""Path of each stage's asset key; a test compares it with the keys themselves."""


def asset_paths(processes: Iterable[str]) -> dict[str, str]:
    """Path of every process's asset key: a stage's own, or one beside the pipeline."""
    return {name: ASSETS.get(name, f"external/{name}") for name in processes}
