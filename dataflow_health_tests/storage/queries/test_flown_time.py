from sqlalchemy import Engine, update

from dataflow_health.storage.queries import flown_time
from dataflow_health.storage.queries.flown_time import FlownTime
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import archive, recordings


def test_the_time_in_the_air_is_that_which_store_measured(engine: Engine) -> None:
    archive(engine, digest="a" * 64)
    known, undated, unmeasured = recordings(engine, 3)
    work = tables.recording_stage
    with writing(engine) as connection:
        for id_, at in ((known, NOON.isoformat()), (undated, None)):
            flight = {"flight": {"started_at": at, "flown_s": 90}}
            row = (work.c.recording_id == id_) & (work.c.stage == "parse")
            connection.execute(update(work).where(row).values(stage="store", measurements=flight))
    assert flown_time.read(engine, [known, undated, unmeasured, "none"]) == {
        known: FlownTime(NOON, 90), undated: FlownTime(None, 90),
    }  # fmt: skip
