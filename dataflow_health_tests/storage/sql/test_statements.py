from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, literal, select

from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import (
    chunks,
    columns,
    fetch,
    fetch_as,
    insert_new,
    upsert,
)

STREAK = tables.streak


class Counted(NamedTuple):
    fingerprint: str
    number: int


def rows(*pairs: tuple[str, int]) -> list[dict[str, object]]:
    return [{"fingerprint": name, "document": {"failing": failing}} for name, failing in pairs]


def saved(engine: Engine) -> dict[str, int]:
    found = fetch(engine, select(STREAK).order_by(STREAK.c.fingerprint))
    return {row.fingerprint: row.document["failing"] for row in found}


def test_new_rows_are_inserted_and_known_ones_skipped(engine: Engine) -> None:
    with writing(engine) as connection:
        insert_new(connection, STREAK, rows(("a", 1)))
        insert_new(connection, STREAK, rows(("a", 2), ("b", 2)))
        insert_new(connection, STREAK, [])
    assert saved(engine) == {"a": 1, "b": 2}


def test_known_rows_are_replaced(engine: Engine) -> None:
    with writing(engine) as connection:
        upsert(connection, STREAK, rows(("a", 1), ("b", 1)))
        upsert(connection, STREAK, rows(("b", 2), ("c", 2)))
        upsert(connection, STREAK, [])
    assert saved(engine) == {"a": 1, "b": 2, "c": 2}


def test_rows_come_back_in_the_fields_of_their_type(engine: Engine) -> None:
    with writing(engine) as connection:
        upsert(connection, STREAK, rows(("a", 1)))
    statement = select(*columns(Counted, STREAK, number=literal(7)))
    assert fetch_as(Counted, engine, statement) == [Counted("a", 7)]


def test_the_first_table_with_a_field_gives_it_unless_it_is_given() -> None:
    class Located(NamedTuple):
        path: str
        arrival_day: str

    member, archive = tables.member, tables.archive
    assert [each.element for each in columns(Located, member, archive)] == [
        member.c.path, member.c.arrival_day,
    ]  # fmt: skip
    assert [each.element for each in columns(Located, member, path=archive.c.path)] == [
        archive.c.path, member.c.arrival_day,
    ]  # fmt: skip


def test_a_field_that_no_table_has_is_refused() -> None:
    with pytest.raises(KeyError, match="number"):
        columns(Counted, STREAK)


@given(st.lists(st.integers()), st.integers(1, 7))
def test_chunks_are_the_items_in_order_and_none_is_longer(items: list[int], size: int) -> None:
    found = list(chunks(items, size))
    assert [each for chunk in found for each in chunk] == items
    assert all(len(chunk) == size for chunk in found[:-1])
    assert all(0 < len(chunk) <= size for chunk in found)
