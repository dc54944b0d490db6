from datetime import timedelta

from sqlalchemy import Engine, insert

from dataflow_health.storage.queries import work_between
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.stages.checks.factories import insert_recording
from dataflow_health_tests.storage.query_plans import plans

HOUR = timedelta(hours=1)


def load(engine: Engine) -> None:
    """Six findings, two of each severity, loaded an hour apart."""
    runs = [
        {
            "recording_id": recording, "algorithm": algorithm, "version": "1",
            "parser_version": "1", "tail": "HB-Z1", "arrival_day": "2026-11-20",
            "outcome": "found", "reason": "", "findings": 1, "uploaded_at": NOON + number * HOUR,
        }
        for number, (recording, algorithm, _) in enumerate(insert_findings(engine, 6))
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.algorithm_run), runs)


def test_recordings_count_by_arrival_and_findings_by_the_time_they_were_loaded(engine: Engine):
    for number in range(3):
        insert_recording(engine, f"{number}" * 64, arrived_at=NOON + number * HOUR)
    load(engine)
    found = work_between.count(engine, NOON, NOON + 2 * HOUR)
    assert found == (2, {"warning": 1, "alert": 1}, False)
    assert work_between.count(engine, NOON - HOUR, NOON + 9 * HOUR).recordings == 3
    assert work_between.count(engine, NOON + 9 * HOUR, NOON + 10 * HOUR) == (0, {}, False)


def test_no_table_is_read_whole(engine: Engine):
    load(engine)
    plan = plans(engine, lambda: work_between.count(engine, NOON, NOON + HOUR))
    whole = [line for line in plan if "Seq Scan" in line]
    whole += [line for line in plan if line.startswith("SCAN ") and "subquery" not in line]
    assert [line for line in whole if "anon" not in line] == []
