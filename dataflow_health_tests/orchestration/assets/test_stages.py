from itertools import pairwise

from dataflow_health.orchestration.asset_keys import STAGE_KEYS
from dataflow_health.orchestration.assets import stages
from dataflow_health.stages.chain import CHAIN


def test_every_stage_but_analyse_has_one_asset_that_needs_the_stage_before() -> None:
    made = {asset.key: asset for asset in stages.assets()}
    assert set(made) == {key for name, key in STAGE_KEYS.items() if name != "analyse"}
    keys = list(STAGE_KEYS.values())
    for before, key in pairwise(keys):
        if key in made:
            assert made[key].asset_deps[key] == {before}
    assert made[keys[0]].asset_deps[keys[0]] == set()


def test_an_asset_shows_the_words_of_its_stage() -> None:
    specs = {spec.key: spec for asset in stages.assets() for spec in asset.specs}
    for stage in CHAIN:
        if stage.name != "analyse":
            spec = specs[STAGE_KEYS[stage.name]]
            assert spec.description == stage.description
            assert spec.kinds == stage.kinds
            assert spec.code_version == stage.code_version
            assert spec.group_name == stage.name
