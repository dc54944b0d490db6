from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, update

from dataflow_health.storage.queries import newest_flights
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import recordings


def compressed(engine: Engine, ids: list[str], **given: Any) -> None:
    work = tables.recording_stage
    rows = [
        {"recording_id": each, "stage": "compress", "arrival_day": "2026-11-20", "state": "done",
         "output_path": f"compress/{each}", "measurements": {}, "attempts": 1, **given}
        for each in ids
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(work.insert(), rows)


def test_the_newest_flight_is_the_last_begun_of_the_last_arrived(engine: Engine) -> None:
    old = recordings(engine, 1, arrived_at=NOON - timedelta(days=1))
    new = recordings(engine, 3, first=1)
    work = tables.recording_stage
    with writing(engine) as connection:
        for hour, each in zip((8, 9, 7), new, strict=True):
            is_here = (work.c.recording_id == each) & (work.c.stage == "parse")
            started = {"started_at": f"2026-11-20T{hour:02}:00:00+00:00"}
            connection.execute(update(work).where(is_here).values(measurements=started))
    compressed(engine, old)
    assert [each.id for each in newest_flights.read(engine)] == old
    compressed(engine, new)
    (found,) = newest_flights.read(engine)
    assert (found.id, found.tail, found.arrived_at) == (new[1], "HB-ZAA", NOON)
    assert list(newest_flights.read(engine, "HB-ZZZ")) == []


def test_a_flight_whose_file_is_gone_is_not_the_newest(engine: Engine) -> None:
    old = recordings(engine, 1, arrived_at=NOON - timedelta(days=1))
    compressed(engine, old)
    compressed(engine, recordings(engine, 1, first=1), file_removed_at=NOON)
    assert [each.id for each in newest_flights.read(engine, "HB-ZAA")] == old
