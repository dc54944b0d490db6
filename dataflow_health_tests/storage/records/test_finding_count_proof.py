from datetime import timedelta

from sqlalchemy import Engine, delete, insert, select, update

from dataflow_health.storage.records import finding_count_proof
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.finding_factories import insert_findings

COUNT, FINDING = tables.finding_count, tables.finding


def numbers(engine: Engine) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in fetch(engine, select(COUNT.c.month, COUNT.c.number)):
        found[row.month] = found.get(row.month, 0) + row.number
    return {month: number for month, number in found.items() if number}


def test_right_counts_are_proved(engine: Engine) -> None:
    assert finding_count_proof.wrong_months(engine) == []
    insert_findings(engine, 3)
    assert finding_count_proof.repair(engine) == []


def test_findings_that_other_sql_changed_are_counted_again(engine: Engine) -> None:
    keys = insert_findings(engine, 4)
    first, second = (FINDING.c.recording_id == keys[n][0] for n in (0, 1))
    with writing(engine) as connection:
        long_ago = NOON - timedelta(days=400)
        connection.execute(update(FINDING).where(first).values(start_at=long_ago))
        connection.execute(update(FINDING).where(second).values(start_at=None))
    assert finding_count_proof.repair(engine) == ["", "2025-10", "2026-11"]
    assert numbers(engine) == {"": 1, "2025-10": 1, "2026-11": 2}
    assert finding_count_proof.wrong_months(engine) == []


def test_counts_that_other_sql_changed_are_set_right(engine: Engine) -> None:
    insert_findings(engine, 2)
    row = {"month": "2020-01", "algorithm": "torque", "tail": "HB-Z0", "severity": "info"}
    with writing(engine) as connection:
        connection.execute(delete(COUNT))
        connection.execute(insert(COUNT).values(**row, number=3))
    assert finding_count_proof.repair(engine) == ["2020-01", "2026-11"]
    assert numbers(engine) == {"2026-11": 2}
