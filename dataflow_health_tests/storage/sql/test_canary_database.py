from sqlalchemy import Engine

from dataflow_health.storage.ledger import stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import canary_database
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings

ANNA = Operator("anna", "cli@ops")


def test_the_canarys_database_is_beside_the_real_one_and_empty(engine: Engine):
    recordings(engine, 3)
    beside = canary_database.recreate(engine)
    assert stage_counts(beside, NOON) == []
    recordings(beside, 1)
    assert len(stage_records.find(engine, stage="parse", day=DAY)) == 3
    beside.dispose()


def test_the_tables_of_an_earlier_canary_are_dropped(engine: Engine):
    first = canary_database.recreate(engine)
    audit_log.record(first, ANNA, "rerun", "x", reason="", at=NOON)
    first.dispose()
    second = canary_database.recreate(engine)
    assert audit_log.read(second) == []
    second.dispose()
