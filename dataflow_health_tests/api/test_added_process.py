"""A process added in YAML appears in the API, the command line and Dagster without a restart."""

import json
import socket
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from dataflow_health import definitions, settings
from dataflow_health.api.app import create_app
from dataflow_health.cli import main
from dataflow_health_tests import installation
from dataflow_health_tests.waiting import wait_until

pytestmark = pytest.mark.server


def cli(*words: str) -> str:
    return CliRunner().invoke(main, words).stdout


def assets() -> dict[str, set[str]]:
    """External assets and their checks, as "Reload definitions" in the UI would show them."""
    graph = definitions.build().resolve_asset_graph()
    external = [k for k in graph.get_all_asset_keys() if k.path[0] == "external"]
    return {
        key.path[-1]: {check.name for check in graph.get_check_keys_for_assets({key})}
        for key in external
    }


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "own" / "processes"
    folder.mkdir(parents=True)
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    monkeypatch.setenv("DATAFLOW_HEALTH_CONFIG", str(folder.parent))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    return folder


def test_a_process_added_in_yaml_appears_everywhere_while_the_api_runs(own: Path) -> None:
    chosen = settings.load()
    installation.filled(chosen).dispose()
    listening = socket.create_server(("127.0.0.1", 0))
    with listening, installation.served(create_app(chosen)) as url:

        def status() -> dict[str, str]:
            processes = httpx.get(f"{url}/api/v1/status").json()["data"]["processes"]
            return {each["name"]: each["status"] for each in processes}

        assert "fleet_link" not in status()
        assert "fleet_link" not in assets()
        where = f"127.0.0.1:{listening.getsockname()[1]}"
        link = {"describes": "The link.", "external": True, "before": ["download"],
                "checks": [{"kind": "tcp_answers", "address": where}]}  # fmt: skip
        (own / "fleet_link.yaml").write_text(json.dumps(link))

        wait_until(lambda: status().get("fleet_link") == "HEALTHY")
        assert "p_fleet_link --> p_download" in httpx.get(f"{url}/diagram").text
        assert "p_fleet_link --> p_download" in cli("diagram")
        shown = {each["name"] for each in json.loads(cli("status", "--json"))["processes"]}
        assert "fleet_link" in shown
        assert assets()["fleet_link"] >= {"tcp_answers"}
        listening.close()
        wait_until(lambda: status().get("fleet_link") == "FAILED")
        assert status()["download"] == "BLOCKED"
