from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select, update

from dataflow_health.storage.records import observations
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import snapshot, writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.factories import make_observation

TABLE = tables.observation
ROW = {
    "process": "parse", "check_name": "by_hand", "part": "", "arrival_day": "", "outcome": "failed",
    "severity": "error", "detail": "", "evidence": [], "since_at": NOON, "observed_at": NOON,
    "link": "", "changed": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    "by_hand",
    [
        update(TABLE).where(TABLE.c.check_name == "a").values(outcome="failed"),
        update(TABLE).where(TABLE.c.check_name == "a").values(outcome="failed", changed=0),
        insert(TABLE).values(**ROW),
    ],
)
def test_what_is_changed_by_hand_has_the_number_of_its_change(engine: Engine, by_hand: Any) -> None:
    observations.save(engine, [make_observation("parse", "a"), make_observation("parse", "b")])
    with snapshot(engine) as connection:
        unread = change_numbers.next_unread(connection, TABLE.c.changed)
    with writing(engine) as connection:
        connection.execute(by_hand)
    with snapshot(engine) as connection:
        (found,) = observations.read_changed(connection, unread).values()
    assert found.outcome == "failed"


def test_results_saved_together_have_one_number(engine: Engine) -> None:
    results = [make_observation("parse", name) for name in "abc"]
    for _ in range(2):
        observations.save(engine, results)
        assert len({row.changed for row in fetch(engine, select(TABLE.c.changed))}) == 1


def test_a_deleted_result_ends_all_sums(engine: Engine) -> None:
    kept = tables.settled_history
    observations.save(engine, [make_observation("parse", "a")])
    with writing(engine) as connection:
        row = {"declared": "d", "saved_at": NOON, "database": "", "document": ""}
        connection.execute(insert(kept).values(**row))
        connection.execute(delete(TABLE))
    assert fetch(engine, select(kept)) == []
