from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.records import status_changes
from dataflow_health.storage.records.status_changes import StatusChangeRow
from dataflow_health_tests.factories import NOON


def row(process: str, status: str, minutes: int, fingerprint: str = "") -> StatusChangeRow:
    at = NOON + timedelta(minutes=minutes)
    health = {"status": status}
    return StatusChangeRow(process, "", status, "because", at, fingerprint or status, health)


def append(engine: Engine, *rows: StatusChangeRow) -> None:
    with status_changes.writing_in_order(engine) as connection:
        status_changes.append(connection, rows)


def test_rows_come_back_in_order_after_the_last_seen(engine: Engine) -> None:
    append(engine, row("load", "HEALTHY", 0), row("load", "FAILED", 1), row("parse", "FAILED", 2))
    first, *rest = status_changes.read_after(engine, 0)
    assert [each.to_status for each in status_changes.read_after(engine, first.id)] == [
        "FAILED",
        "FAILED",
    ]
    assert status_changes.latest_id(engine) == rest[-1].id
    assert first.health == {"status": "HEALTHY"}
    assert first.at == NOON


def test_the_row_in_force_at_a_time_is_the_last_one_before_it(engine: Engine) -> None:
    append(engine, row("load", "HEALTHY", 0), row("load", "FAILED", 10), row("parse", "HEALTHY", 5))
    stood = {
        each.process: each.to_status
        for each in status_changes.read_as_of(engine, NOON + timedelta(minutes=7))
    }
    assert stood == {"load": "HEALTHY", "parse": "HEALTHY"}
    assert status_changes.read_as_of(engine, NOON - timedelta(seconds=1)) == []


def test_a_row_saved_late_is_in_force_from_its_own_time(engine: Engine) -> None:
    append(engine, row("load", "HEALTHY", 10))
    append(engine, row("load", "FAILED", 5))
    (stood,) = status_changes.read_as_of(engine, NOON + timedelta(minutes=6))
    assert stood.to_status == "FAILED"
    (stood,) = status_changes.read_as_of(engine, NOON + timedelta(minutes=11))
    assert stood.to_status == "HEALTHY"


def test_the_latest_fingerprints_are_those_of_the_last_rows(engine: Engine) -> None:
    append(engine, row("load", "FAILED", 0, "a"), row("load", "FAILED", 1, "b"))
    with status_changes.writing_in_order(engine) as connection:
        assert status_changes.latest(connection) == {"load": ("FAILED", "b")}


def test_an_empty_history_has_no_newest_row(engine: Engine) -> None:
    assert status_changes.latest_id(engine) == 0
    assert status_changes.read_after(engine, 0) == []
