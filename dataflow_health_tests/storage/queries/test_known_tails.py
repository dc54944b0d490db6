from sqlalchemy import Engine, update

from dataflow_health.storage.queries import known_tails
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.finding_factories import insert_findings
from dataflow_health_tests.storage.ledger.factories import recordings


def test_tails_of_recordings_archive_names_and_findings_are_each_there_once(engine: Engine) -> None:
    assert known_tails.read(engine) == ()
    recordings(engine, 2)
    insert_findings(engine, 1, tail="HB-OLD")
    with writing(engine) as connection:
        connection.execute(update(tables.recording).values(named_tail="HB-ZAB"))
    assert known_tails.read(engine) == ("HB-OLD", "HB-ZAA", "HB-ZAB")
