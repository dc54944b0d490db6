from dataflow_health.storage.ledger.stage_order import (
    ARCHIVE_STAGES,
    RECORDING_STAGES,
    STAGES,
    next_stage,
)


def test_every_stage_but_the_last_has_a_next_one() -> None:
    assert [next_stage(stage) for stage in STAGES] == [*STAGES[1:], None]


def test_a_stage_counts_either_archives_or_recordings() -> None:
    assert ARCHIVE_STAGES == ("download", "extract")
    assert ARCHIVE_STAGES + RECORDING_STAGES == STAGES
