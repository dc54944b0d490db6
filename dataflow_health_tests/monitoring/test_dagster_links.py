import pytest

from dataflow_health.monitoring import dagster_links
from dataflow_health.storage.ledger.stage_order import STAGES


@pytest.mark.parametrize(
    ("process", "path"),
    [
        ("parse", "parse/parameters"),
        ("analyse", "analyse/results"),
        ("spark", "external/spark"),
        ("overview", "overview"),
    ],
)
def test_every_process_links_to_its_own_asset(process: str, path: str) -> None:
    assert dagster_links.asset_path(process) == path
    assert dagster_links.asset_paths([process]) == {process: path}


def test_the_graph_opens_the_stages_and_what_stands_around_them() -> None:
    page, groups = dagster_links.GRAPH.split("?expanded=")
    assert page == "/asset-groups"
    names = [each.removeprefix("global@global:") for each in groups.split(",")]
    assert names == [*STAGES, "outside", "overview"]
