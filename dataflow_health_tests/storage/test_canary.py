from sqlalchemy import Engine

from dataflow_health.storage import audits, canary, ledger
from dataflow_health.storage.audits import Operator
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.test_ledger import recordings

ANNA = Operator("anna", "cli@ops")


def test_the_canarys_database_is_beside_the_real_one_and_empty(engine: Engine):
    recordings(engine, 3)
    beside = canary.fresh(engine)
    assert ledger.accounts(beside) == []
    recordings(beside, 1)
    assert len(ledger.passages(engine, "parse", DAY)) == 3
    beside.dispose()


def test_what_an_earlier_canary_left_is_gone(engine: Engine):
    first = canary.fresh(engine)
    audits.record(first, ANNA, "rerun", "x", reason="", at=NOON)
    first.dispose()
    second = canary.fresh(engine)
    assert audits.read(second) == []
    second.dispose()
