from dataflow_health.orchestration import pages
from dataflow_health.orchestration.stage import KEYS, key_of


def test_every_stage_has_the_page_of_its_asset() -> None:
    assert {name: "/".join(key.path) for name, key in KEYS.items()} == pages.ASSETS


def test_what_is_beside_the_pipeline_has_its_asset_too() -> None:
    assert pages.asset_paths(["spark"]) == {"spark": "/".join(key_of("spark").path)}
