"""Findings in SQL for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from dataflow_health.storage.records import finding_counts, finding_states
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing

FIRST_AT = datetime(2026, 11, 19, 8, tzinfo=UTC)


def insert_findings(engine: Engine, count: int, **given: Any) -> list[tuple[str, str, int]]:
    """Inserts findings an hour apart, of three algorithms on two aircraft; returns their keys."""
    rows = [
        {
            "recording_id": f"{number:064x}", "algorithm": f"torque_{number % 3}", "number": 0,
            "tail": f"HB-Z{number % 2}", "severity": ("info", "warning", "alert")[number % 3],
            "start_s": 5.0, "end_s": 6.0, "start_at": FIRST_AT + timedelta(hours=number),
            "arrival_day": "2026-11-20", "detail": "112 %", **given,
        }
        for number in range(count)
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.finding), rows)
        finding_counts.recount(connection)
    return [(row["recording_id"], row["algorithm"], row["number"]) for row in rows]


def insert_flights(engine: Engine, *flights: tuple[str, str, float]) -> None:
    """Inserts analysed flights: aircraft, month and hours in the air of each."""
    rows = [
        {"recording_id": f"f{number}", "tail": tail, "month": month, "flown_s": hours * 3600}
        for number, (tail, month, hours) in enumerate(flights)
    ]
    with writing(engine) as connection:
        connection.execute(insert(tables.analysed_flight), rows)


def dismiss(engine: Engine, number: int) -> None:
    """Dismisses one of the findings that :func:`insert_findings` made."""
    row = {
        "recording_id": f"{number:064x}", "algorithm": f"torque_{number % 3}", "start_s": 5.0,
        "detail": "112 %", "severity": ("info", "warning", "alert")[number % 3],
        "state": "dismissed", "reason": "a spike", "operator": "anna", "judged_at": FIRST_AT,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.finding_triage), [row])
        finding_states.renew(connection, "2026-11-20", [row["recording_id"]])
