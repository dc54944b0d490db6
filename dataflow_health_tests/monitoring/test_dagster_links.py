from dataflow_health.monitoring import dagster_links
from dataflow_health.orchestration.stage_run import KEYS, key_of


def test_every_stage_has_the_page_of_its_asset() -> None:
    assert {name: "/".join(key.path) for name, key in KEYS.items()} == dagster_links.ASSETS


def test_what_is_beside_the_pipeline_has_its_asset_too() -> None:
    assert dagster_links.asset_paths(["spark"]) == {"spark": "/".join(key_of("spark").path)}
