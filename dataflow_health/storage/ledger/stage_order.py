"""The eight stages in order, and the unit that each of them counts."""

OUTPUTS = {
    "download": "archives",
    "extract": "recordings",
    "parse": "parameters",
    "compress": "counts",
    "store": "tsv",
    "ingest": "samples",
    "analyse": "results",
    "load": "findings",
}
"""Output of each stage, first stage to last; ``stage/output`` is the stage's asset key."""

STAGES = tuple(OUTPUTS)
"""Names of the stages, first to last. Folders, assets and diagram nodes have the same names."""

ARCHIVE_STAGES = STAGES[:2]
"""Stages that count archives."""

RECORDING_STAGES = STAGES[2:]
"""Stages that count recordings."""


def next_stage(stage: str) -> str | None:
    """The stage after this one; None after the last."""
    following = STAGES.index(stage) + 1
    return STAGES[following] if following < len(STAGES) else None
