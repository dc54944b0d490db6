from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import Engine

from dataflow_health.storage.records import finding_counts
from dataflow_health.storage.records.finding_counts import CountKey
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.finding_factories import insert_findings


def test_a_month_is_that_of_utc_and_empty_without_a_time() -> None:
    assert finding_counts.month(datetime.fromisoformat("2026-11-30T23:30:00-02:00")) == "2026-12"
    assert finding_counts.month(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01"
    assert finding_counts.month(None) == ""


def test_findings_of_some_recordings_are_counted(engine: Engine) -> None:
    keys = insert_findings(engine, 3)
    with writing(engine) as connection:
        ids = [keys[0][0], keys[1][0], "none"]
        found = finding_counts.of_recordings(connection, "2026-11-20", ids)
    assert found == Counter(
        [
            CountKey("2026-11", "torque_0", "HB-Z0", "info"),
            CountKey("2026-11", "torque_1", "HB-Z1", "warning"),
        ]
    )
