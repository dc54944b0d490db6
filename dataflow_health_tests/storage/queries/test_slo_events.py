from datetime import timedelta

from sqlalchemy import Engine, update

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.queries import slo_events
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import downloaded, recordings, refuse

HOUR = timedelta(hours=1)


def loaded(engine, ids, at):
    with writing(engine) as connection:
        ledger.hand_over(connection, "load", DAY, ids, NOON)
    ledger.finish(engine, "load", DAY, "run", [StageResult(i, "done", "1", at, at) for i in ids])


def test_a_recording_is_in_time_or_late_or_not_due_yet(engine: Engine):
    downloaded(engine)
    ids = recordings(engine, 3)
    loaded(engine, ids[:1], NOON + HOUR / 2)
    loaded(engine, ids[1:2], NOON + 2 * HOUR)
    soon = slo_events.landing_events(engine, HOUR, NOON - HOUR, NOON + HOUR / 2)
    assert sorted(event.good for event in soon) == [False, True]
    later = slo_events.landing_events(engine, HOUR, NOON - HOUR, NOON + HOUR)
    assert sorted((event.at, event.good) for event in later) == [
        (NOON + HOUR / 2, True), (NOON + HOUR, False), (NOON + 2 * HOUR, False),
    ]  # fmt: skip


def test_recordings_older_than_the_first_download_are_not_counted(engine: Engine):
    downloaded(engine, NOON + HOUR)
    recordings(engine, 3)
    assert slo_events.landing_events(engine, HOUR, NOON - HOUR, NOON + 5 * HOUR) == []


def test_refused_and_written_off_recordings_are_bad_and_waiting_ones_not_counted(engine: Engine):
    ids = recordings(engine, 4)
    ledger.finish(engine, "parse", DAY, "run", [StageResult(ids[0], "done", "1", NOON, NOON)])
    refuse(engine, ids[1:3])
    table = tables.recording_stage
    with writing(engine) as connection:
        connection.execute(
            update(table).where(table.c.recording_id == ids[2]).values(state="written_off")
        )
    found = slo_events.acceptance_events(engine, "parse", NOON - HOUR)
    assert sorted(event.good for event in found) == [False, False, True]
    assert {event.tail for event in found} == {"HB-ZAA"}
