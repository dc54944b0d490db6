from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, delete, insert, update

from dataflow_health.storage.records import audit_chain, audit_log
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.storage.records.test_audit_log import ANNA

LOG = tables.audit_log
Change = Callable[[Engine], object]


def fill(engine: Engine, entries: int = 5) -> None:
    for number in range(entries):
        audit_log.record(engine, ANNA, "mute", f"incident {number}", reason="é ", at=NOON)


def execute(engine: Engine, statement: object) -> None:
    with writing(engine) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def insert_copy(engine: Engine) -> None:
    """An entry between two, with the hash that its own content needs."""
    [third] = fetch(engine, LOG.select().where(LOG.c.id == 3))
    values = {**third._mapping, "operator": "mallory"}
    execute(engine, update(LOG).where(LOG.c.id == 5).values(id=6))
    execute(engine, update(LOG).where(LOG.c.id == 4).values(id=5))
    chain_hash = audit_chain.link(third.chain_hash, third.at, values)
    execute(engine, insert(LOG).values(**{**values, "id": 4, "chain_hash": chain_hash}))


def test_an_untouched_log_is_intact(engine: Engine) -> None:
    assert audit_chain.verify(engine) == (0, audit_chain.START, None, True)
    fill(engine)
    report = audit_chain.verify(engine)
    assert (report.entries, report.is_intact) == (5, True)
    fill(engine, 2)
    assert audit_chain.verify(engine, report.head).is_intact


@pytest.mark.parametrize(
    ("change", "broken_at"),
    [
        (lambda engine: execute(engine, update(LOG).where(LOG.c.id == 3).values(reason="x")), 3),
        (
            lambda engine: execute(
                engine, update(LOG).where(LOG.c.id == 2).values(succeeded=False)
            ),
            2,
        ),
        (lambda engine: execute(engine, delete(LOG).where(LOG.c.id == 3)), 4),
        (lambda engine: execute(engine, delete(LOG).where(LOG.c.id == 1)), 2),
        (insert_copy, 5),
    ],
    ids=["reason", "outcome", "removed", "first removed", "inserted"],
)
def test_a_changed_missing_or_inserted_row_is_found(
    engine: Engine, change: Change, broken_at: int
) -> None:
    fill(engine)
    change(engine)
    report = audit_chain.verify(engine)
    assert (report.broken_at, report.is_intact) == (broken_at, False)


def test_a_log_that_was_cut_off_or_written_anew_lacks_its_head(engine: Engine) -> None:
    fill(engine)
    head = audit_chain.verify(engine).head
    execute(engine, delete(LOG).where(LOG.c.id == 5))
    assert audit_chain.verify(engine).is_intact
    assert not audit_chain.verify(engine, head).is_intact


def test_entries_of_several_at_once_are_one_chain(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: fill(engine, 5), range(4)))
    report = audit_chain.verify(engine)
    assert (report.entries, report.is_intact) == (20, True)


def test_many_subjects_of_one_action_are_links_in_their_order(engine: Engine) -> None:
    with writing(engine) as connection:
        audit_log.append(connection, ANNA, "replay", ["a", "b", "c"], "x", NOON)
    assert audit_chain.verify(engine).is_intact
