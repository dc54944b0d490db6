from datetime import timedelta
from pathlib import Path

from dataflow_health.storage.queries import aircraft_numbers
from dataflow_health_tests import installation
from dataflow_health_tests.installation import NOW


def test_open_items_are_counted_by_aircraft_stage_and_state(tmp_path: Path) -> None:
    engine = installation.filled(installation.settings(tmp_path))
    found = aircraft_numbers.read(engine, NOW - timedelta(days=7))
    refused = {key: n for key, n in found.open_items.items() if key[2] == "quarantined"}
    assert sum(refused.values()) == 2
    assert {stage for _, stage, _ in refused} == {"parse"}
    assert set(found.last_arrivals) >= {tail for tail, *_ in refused}
    assert all(severity for _, severity in found.findings)
    engine.dispose()
