from dataflow_health.monitoring import dagster_links
from dataflow_health.storage.ledger.stage_order import STAGES

PATHS = {
    "parse": "parse/parameters",
    "analyse": "analyse/results",
    "spark": "external/spark",
    "overview": "overview",
}


def test_every_process_links_to_its_own_asset() -> None:
    assert {process: dagster_links.asset_path(process) for process in PATHS} == PATHS
    assert dagster_links.asset_paths(list(PATHS)) == PATHS


def test_the_graph_opens_the_stages_and_what_stands_around_them() -> None:
    page, groups = dagster_links.GRAPH.split("?expanded=")
    assert page == "/asset-groups"
    names = [each.removeprefix("global@global:") for each in groups.split(",")]
    assert names == [*STAGES, "outside", "overview"]
