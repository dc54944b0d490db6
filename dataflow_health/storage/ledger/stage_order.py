"""The eight stages in order, and what passes through each."""

STAGES = ("download", "extract", "parse", "compress", "store", "ingest", "analyse", "load")
"""Names of the stages, first to last. The one list: folders, assets and nodes carry these words."""

ARCHIVE_STAGES = STAGES[:2]
"""Stages whose unit is the archive; the others' is the recording."""

RECORDING_STAGES = STAGES[2:]


def after(stage: str) -> str | None:
    """The stage that follows, None after the last."""
    following = STAGES.index(stage) + 1
    return STAGES[following] if following < len(STAGES) else None
