import pytest
from sqlalchemy import Engine

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import item_states
from dataflow_health.storage.sql.statements import CHUNK
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, refuse_archive


def test_archives_and_recordings_have_their_state_at_their_stage(engine: Engine):
    first, second = recordings(engine, 2)
    ledger.begin(engine, "parse", [first], "run", NOON)
    refuse(engine, [first])
    refuse_archive(engine)
    found = item_states.read(
        engine, {("parse", first), ("parse", second), ("extract", "b" * 64), ("load", first)}
    )
    assert {key[0]: each.state for key, each in found.items() if key[1] != second} == {
        "parse": "quarantined", "extract": "quarantined",
    }  # fmt: skip
    assert (found["parse", first].attempts, found["parse", second].attempts) == (1, 0)
    assert found["parse", first].finished_at == NOON


@pytest.mark.slow
def test_more_items_than_fit_into_one_statement_are_read(engine: Engine):
    keys = {("parse", each) for each in recordings(engine, CHUNK + 1)}
    assert item_states.read(engine, keys).keys() == keys
