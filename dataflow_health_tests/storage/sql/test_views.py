import re
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import reading
from dataflow_health.storage.sql.views import views
from dataflow_health_tests.finding_factories import dismiss, insert_findings, insert_flights
from dataflow_health_tests.storage.query_plans import plans

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "sql.md"
QUERIES = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
OF_FINDINGS = [each for each in QUERIES if re.search("FROM (judged_)?finding|flight_month", each)]


def read(engine: Engine, statement: str) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_a_finding_has_its_judgement(engine: Engine) -> None:
    insert_findings(engine, 3)
    dismiss(engine, 1)
    statement = "SELECT tail, state, reason, operator FROM judged_finding ORDER BY recording_id"
    assert read(engine, statement) == [
        ("HB-Z0", "new", "", ""), ("HB-Z1", "dismissed", "a spike", "anna"),
        ("HB-Z0", "new", "", ""),
    ]  # fmt: skip


def test_findings_per_100_flight_hours_are_without_the_dismissed(engine: Engine) -> None:
    insert_findings(engine, 6)
    dismiss(engine, 2)
    insert_flights(engine, ("HB-Z0", "2026-11", 40), ("HB-Z0", "2026-11", 10))
    assert read(engine, "SELECT * FROM flight_month") == [("2026-11", "HB-Z0", 2, 50.0)]
    statement = "SELECT * FROM finding_rate WHERE algorithm = 'torque_2' ORDER BY tail"
    assert read(engine, statement) == [
        ("2026-11", "torque_2", "HB-Z0", "alert", 1, 1, 2, 50.0, 0.0),
        ("2026-11", "torque_2", "HB-Z1", "alert", 1, 0, None, None, None),
    ]


@pytest.mark.parametrize("statement", OF_FINDINGS)
def test_no_documented_query_reads_the_table_of_findings_whole(
    engine: Engine, statement: str
) -> None:
    lines = plans(engine, lambda: read(engine, statement))
    assert lines
    assert not [line for line in lines if line == "SCAN finding"]
    assert not [line for line in lines if re.search(r"Seq Scan on finding\b", line)]


def test_every_column_of_a_view_is_described() -> None:
    known = {column.name for table in tables.metadata.tables.values() for column in table.columns}
    for view in views(tables.metadata):
        names = {column.name for column in view.statement.selected_columns}
        assert names - known <= set(view.descriptions)
        assert set(view.descriptions) <= names
