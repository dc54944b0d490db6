from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry

from dataflow_health.api.aircraft_metrics import AircraftCollector
from dataflow_health_tests import installation as scene
from dataflow_health_tests.factories import NOON, dependencies


def test_every_aircraft_has_its_newest_arrival_open_items_and_findings(api: TestClient) -> None:
    text = api.get("/api/v1/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("dataflow_health_aircraft")]
    assert any(line.startswith("dataflow_health_aircraft_last_arrival_seconds{") for line in lines)
    quarantined = [line for line in lines if 'stage="parse",state="quarantined"' in line]
    assert sum(float(line.rsplit(" ", 1)[1]) for line in quarantined) == 2.0


def test_numbers_are_read_again_only_after_a_while(tmp_path: Path) -> None:
    chosen = scene.settings(tmp_path)
    engine = scene.filled(chosen)
    read: list[Any] = []
    registry = CollectorRegistry()
    registry.register(AircraftCollector(engine, lambda: NOON, tmp_path))
    name = "dataflow_health_aircraft_last_arrival_seconds"
    read.extend(m for m in registry.collect() if m.name == name)
    engine.dispose()
    (tmp_path / "ledger.sqlite").unlink(missing_ok=True)
    assert [m for m in registry.collect() if m.name == name] == read


def test_a_ledger_that_is_away_has_no_numbers_and_the_disk_has(tmp_path: Path) -> None:
    deps = dependencies(tmp_path)
    deps.engine.dispose()
    (tmp_path / "ledger.sqlite").unlink()
    (tmp_path / "ledger.sqlite").mkdir()
    registry = CollectorRegistry()
    registry.register(AircraftCollector(deps.engine, lambda: NOON, tmp_path))
    names = {metric.name for metric in registry.collect()}
    assert names == {"dataflow_health_home_free_bytes", "dataflow_health_home_size_bytes"}
    absent = CollectorRegistry()
    absent.register(AircraftCollector(deps.engine, lambda: NOON, tmp_path / "nothing"))
    assert list(absent.collect()) == []
