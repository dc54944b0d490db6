from pathlib import Path

from dataflow_health import wiring
from dataflow_health.operations import systems
from dataflow_health_tests import installation as scene
from dataflow_health_tests.monitoring.probes.probing import make_database

PATH = "/api/v1/systems"


def test_other_programs_are_listed_and_described(tmp_path: Path) -> None:
    (tmp_path / "config" / "processes").mkdir(parents=True)
    url = make_database(tmp_path / "a.sqlite")
    (tmp_path / "config" / "processes" / "warehouse.yaml").write_text(
        f"describes: x\nexternal: true\nchecks:\n  - {{kind: database_tables, url: '{url}'}}\n"
    )
    (tmp_path / "home").mkdir()
    chosen = scene.settings(tmp_path / "home", config=tmp_path / "config")
    engine = scene.filled(chosen)
    api = scene.client(chosen)
    [entry] = api.get(PATH).json()["data"]
    assert (entry["process"], entry["error"]) == ("warehouse", "not asked yet")
    processes = wiring.catalogue(chosen).processes
    systems.ask(engine, processes, wiring.probe_dependencies(chosen, None), "warehouse")
    [found] = api.get(f"{PATH}/warehouse").json()["data"]
    assert found["description"]["tables"][0]["name"] == "algorithm_run"
    assert api.get(f"{PATH}/spark").status_code == 404
    engine.dispose()
