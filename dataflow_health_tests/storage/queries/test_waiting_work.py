from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import Engine, insert

from dataflow_health.health.waiting_work import WaitingDay
from dataflow_health.storage.files.source import Listing, SourceFile
from dataflow_health.storage.ledger import landing_entries, ledger, quarantine
from dataflow_health.storage.queries import waiting_work
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result

LATER = NOON + timedelta(minutes=20)


def finish(engine: Engine, stage: str, *ids: str) -> None:
    ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])


def test_an_empty_ledger_has_no_waiting_work(engine: Engine) -> None:
    assert waiting_work.read(engine, LATER).days == ()


def test_an_archive_at_the_source_waits_from_when_it_was_seen_until_it_is_taken(
    engine: Engine,
) -> None:
    seen = SourceFile("a.zip", 10, NOON - timedelta(days=1), None)
    broken = SourceFile("b.zip", 10, NOON, None)
    landing_entries.update(engine, "landing", Listing((seen, broken), ()), set(), LATER)
    landing_entries.refuse(engine, "landing", broken, "unreadable", "I/O error", LATER)
    [day] = waiting_work.read(engine, NOON).days
    assert day == WaitingDay("download", date(2026, 11, 19), 1, LATER, LATER, at_source=True)
    arrival = {
        "source": "landing", "name": "a.zip", "archive_id": "a", "size_bytes": 10,
        "modified_at": seen.modified_at, "arrived_at": NOON, "arrival_day": DAY,
        "outcome": "accepted", "seen_at": NOON,
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.arrival).values(arrival))
    assert waiting_work.read(engine, NOON).days == ()


def test_a_day_waits_at_its_first_unfinished_stage(engine: Engine) -> None:
    first, *others = recordings(engine, 3)
    finish(engine, "parse", first)
    [day] = waiting_work.read(engine, LATER).days
    assert day == WaitingDay("parse", date.fromisoformat(DAY), 2, NOON, NOON)
    finish(engine, "parse", *others)
    [day] = waiting_work.read(engine, LATER).days
    assert (day.stage, day.items) == ("compress", 3)


def test_a_started_recording_is_progress(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.begin(engine, "parse", ids[:1], "run", LATER)
    [day] = waiting_work.read(engine, LATER).days
    assert (day.items, day.queued_at, day.moved_at, day.is_running) == (2, NOON, LATER, True)


def test_a_replayed_recording_waits_from_its_replay_on(engine: Engine) -> None:
    ids = recordings(engine, 1)
    refuse(engine, ids)
    assert waiting_work.read(engine, LATER).days == ()
    refused = quarantine.find(engine, states=["quarantined"])
    operator = Operator("test", "here")
    quarantine.requeue(engine, refused, operator, action="replay", reason="fixed", at=LATER)
    [day] = waiting_work.read(engine, LATER).days
    assert (day.stage, day.queued_at, day.moved_at) == ("parse", LATER, LATER)


def test_finished_work_of_a_day_is_progress(engine: Engine) -> None:
    ids = recordings(engine, 2)
    done = replace(result(ids[0]), finished_at=LATER)
    ledger.finish(engine, "parse", DAY, "run", [done])
    [day] = waiting_work.read(engine, LATER).days
    assert (day.stage, day.items, day.moved_at) == ("parse", 1, LATER)


def test_work_that_was_done_in_part_is_progress(engine: Engine) -> None:
    ids = recordings(engine, 1)
    partly = replace(result(ids[0], state="waiting"), finished_at=LATER)
    ledger.finish(engine, "parse", DAY, "run", [partly])
    [day] = waiting_work.read(engine, LATER).days
    assert (day.moved_at, day.is_running) == (LATER, False)
