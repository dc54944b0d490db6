from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.queries import format_changes
from dataflow_health.storage.records import recorded_formats
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import store_flights


def test_a_change_is_found_among_the_stored_recordings(engine: Engine) -> None:
    recorded_formats.save(engine, "usual", {"oil": (1.0, "psi", 0.0, 100.0)})
    recorded_formats.save(engine, "without", {})
    whole = ["whole_flight"] * 4
    ids = store_flights(engine, *whole, formats=["usual", "usual", "usual", "without"])
    (change,) = format_changes.read(engine, DAY, NOON)["HB-ZAA"]
    assert (change.recording_id, change.vanished) == (ids[3], ("oil",))
    assert format_changes.read(engine, DAY, NOON + timedelta(seconds=1)) == {"HB-ZAA": ()}
    assert format_changes.read(engine, "2026-11-21", NOON) == {}
