import pytest

from dataflow_health.monitoring import dagster_links


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
