from sqlalchemy import Engine, update

from dataflow_health.storage.ledger import ledger, missing_results
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result


def test_a_day_is_named_until_each_recording_is_loaded_or_written_off(engine: Engine) -> None:
    assert missing_results.days(engine) == []
    ids = recordings(engine, 2)
    refuse(engine, ids[1:])
    for stage in RECORDING_STAGES:
        assert missing_results.days(engine) == [DAY]
        ledger.finish(engine, stage, DAY, "run", [result(ids[0])])
    assert missing_results.days(engine) == [DAY]
    work = tables.recording_stage
    with writing(engine) as connection:
        refused = work.c.state == "quarantined"
        connection.execute(update(work).where(refused).values(state="written_off"))
    assert missing_results.days(engine) == []
