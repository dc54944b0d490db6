import dagster as dg

from dataflow_health.orchestration.asset_keys import (
    OVERVIEW,
    STAGE_KEYS,
    algorithm_key,
    process_key,
)
from dataflow_health.storage.ledger.stage_order import STAGES


def test_every_stage_has_its_own_key_that_begins_with_its_name() -> None:
    assert [key.path[0] for key in STAGE_KEYS.values()] == list(STAGES)
    assert len({*STAGE_KEYS.values(), OVERVIEW}) == len(STAGES) + 1


def test_processes_that_are_no_stage_stand_under_external() -> None:
    assert process_key("spark") == dg.AssetKey(["external", "spark"])
    assert process_key("parse") == STAGE_KEYS["parse"]
    assert process_key("overview") == OVERVIEW


def test_an_algorithm_is_an_asset_of_analyse() -> None:
    assert algorithm_key("hard_landing") == dg.AssetKey(["analyse", "hard_landing"])
