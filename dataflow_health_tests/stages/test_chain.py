from dataflow_health.stages.chain import CHAIN
from dataflow_health.storage.ledger.stage_order import STAGES


def test_the_chain_holds_every_stage_once_in_order() -> None:
    assert [stage.name for stage in CHAIN] == list(STAGES)


def test_every_stage_says_what_it_makes_and_with_which_technology() -> None:
    for stage in CHAIN:
        assert stage.description.endswith(".")
        assert 0 < len(stage.kinds) <= 3  # as many as Dagster shows
        assert stage.code_version
