from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage import transitions
from dataflow_health.storage.transitions import Transition
from dataflow_health_tests.factories import NOON


def row(process: str, status: str, minutes: int, mark: str = "") -> Transition:
    at = NOON + timedelta(minutes=minutes)
    return Transition(process, "", status, "because", at, mark or status, {"status": status})


def append(engine: Engine, *rows: Transition) -> None:
    with transitions.appending(engine) as connection:
        transitions.append(connection, rows)


def test_rows_come_back_in_order_after_the_last_seen(engine: Engine) -> None:
    append(engine, row("load", "HEALTHY", 0), row("load", "FAILED", 1), row("parse", "FAILED", 2))
    first, *rest = transitions.after(engine, 0)
    assert [each.to_status for each in transitions.after(engine, first.id)] == ["FAILED", "FAILED"]
    assert transitions.newest_id(engine) == rest[-1].id
    assert first.told == {"status": "HEALTHY"}
    assert first.at == NOON


def test_what_stood_at_an_instant_is_the_last_row_before_it(engine: Engine) -> None:
    append(engine, row("load", "HEALTHY", 0), row("load", "FAILED", 10), row("parse", "HEALTHY", 5))
    stood = {
        each.process: each.to_status
        for each in transitions.standing(engine, NOON + timedelta(minutes=7))
    }
    assert stood == {"load": "HEALTHY", "parse": "HEALTHY"}
    assert transitions.standing(engine, NOON - timedelta(seconds=1)) == []


def test_a_row_written_late_counts_from_when_it_happened(engine: Engine) -> None:
    append(engine, row("load", "HEALTHY", 10))
    append(engine, row("load", "FAILED", 5))
    (stood,) = transitions.standing(engine, NOON + timedelta(minutes=6))
    assert stood.to_status == "FAILED"
    (stood,) = transitions.standing(engine, NOON + timedelta(minutes=11))
    assert stood.to_status == "HEALTHY"


def test_the_marks_are_those_of_the_last_rows(engine: Engine) -> None:
    append(engine, row("load", "FAILED", 0, "a"), row("load", "FAILED", 1, "b"))
    with transitions.appending(engine) as connection:
        assert transitions.marks(connection) == {"load": ("FAILED", "b")}


def test_an_empty_history_has_no_newest_row(engine: Engine) -> None:
    assert transitions.newest_id(engine) == 0
    assert transitions.after(engine, 0) == []
