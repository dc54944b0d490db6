from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.finished_work import FinishedWork
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import finished, recordings, result
from dataflow_health_tests.storage.query_plans import scans

EARLIER = NOON - timedelta(days=1)


def test_what_was_finished_before_is_not_returned_and_what_follows_once(engine: Engine) -> None:
    first, second, third = recordings(engine, 3)
    ledger.finish(engine, "parse", DAY, "run", [result(first)])
    work = FinishedWork()
    assert work.read(engine, NOON) == []
    assert work.read(engine, NOON) == []
    at = NOON + timedelta(minutes=5)
    ledger.finish(engine, "parse", DAY, "run", [finished(second, at)])
    refused = finished(third, at, state="quarantined")
    ledger.finish(engine, "parse", DAY, "run", [refused])
    found = work.read(engine, at)
    assert {(each.stage, each.state, each.started_at, each.finished_at) for each in found} == {
        ("parse", "done", NOON, at),
        ("parse", "quarantined", NOON, at),
    }
    assert all(each.arrived_at is not None for each in found)
    assert work.read(engine, at) == []


def test_an_item_that_is_processed_again_counts_again(engine: Engine) -> None:
    (one,) = recordings(engine, 1)
    work = FinishedWork()
    work.read(engine, EARLIER)
    for minutes in (1, 2):
        at = NOON + timedelta(minutes=minutes)
        ledger.finish(engine, "parse", DAY, "run", [finished(one, at)])
        assert [each.finished_at for each in work.read(engine, at)] == [at]


def test_no_table_is_read_whole(engine: Engine) -> None:
    (one,) = recordings(engine, 1)
    work = FinishedWork()
    work.read(engine, EARLIER)
    if engine.dialect.name == "sqlite":
        ledger.finish(engine, "parse", DAY, "run", [finished(one, NOON)])
        assert scans(engine, lambda: work.read(engine, NOON)) == set()
