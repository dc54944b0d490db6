from pathlib import Path

from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS, OperatorClient


def test_every_slo_is_listed_with_its_burn_rates(operator_api: OperatorClient) -> None:
    budgets = {each["name"]: each for each in operator_api.get("/slos")}
    assert set(budgets) == {"results_in_time", "recordings_decoded"}
    assert all(len(each["burns"]) == 3 for each in budgets.values())


def test_an_slo_added_in_yaml_is_listed_without_a_restart(tmp_path: Path) -> None:
    settings = installation.settings(tmp_path, api_keys=KEYS, config=str(tmp_path / "own"))
    (tmp_path / "own" / "slos").mkdir(parents=True)
    installation.filled(settings).dispose()
    api = OperatorClient(installation.client(settings))
    before = {each["name"] for each in api.get("/slos")}
    text = "describes: Stored.\nkind: accepted\nstage: store\nobjective_pct: 99\n"
    (tmp_path / "own" / "slos" / "stored.yaml").write_text(text)
    api.client.app.state.monitor.config.reload_if_changed()
    assert {each["name"] for each in api.get("/slos")} - before == {"stored"}
