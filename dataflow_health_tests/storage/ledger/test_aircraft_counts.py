from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Executable, delete, insert, update

from benchmarks.ledger_rows import archive_row, recording_row
from dataflow_health.storage.ledger import aircraft_counts
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON

ARCHIVE = archive_row("a" * 64, "HB-ZAA.zip", NOON)
TAILS = ["HB-ZAA", "HB-ZAB", ""]
CHANGES = st.lists(
    st.tuples(
        st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True),
        st.sampled_from([*TAILS, None]),
    ),
    max_size=8,
)
"""Recordings that come or get another aircraft together; None removes them."""


def write(engine: Engine, numbers: list[int], tail: str | None) -> None:
    table = tables.recording
    ids = [f"{number:064x}" for number in numbers]
    here = table.c.id.in_(ids)
    with writing(engine) as connection:
        if tail is None:
            connection.execute(delete(table).where(here))
            return
        known = {row.id for row in connection.execute(table.select().where(here))}
        connection.execute(update(table).where(here).values(tail=tail))
        new = [recording_row(each, ARCHIVE, tail) for each in ids if each not in known]
        if new:
            connection.execute(insert(table), new)


@pytest.mark.slow
@given(changes=CHANGES)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_counts_are_those_of_every_recording_whatever_is_written(
    engine: Engine, changes: list[tuple[list[int], str | None]]
) -> None:
    with writing(engine) as connection:
        connection.execute(delete(tables.recording))
    for numbers, tail in changes:
        write(engine, numbers, tail)
        assert aircraft_counts.wrong(engine) == []
    recordings = fetch(engine, tables.recording.select())
    assert aircraft_counts.read(engine) == Counter(row.tail for row in recordings)
    assert aircraft_counts.repair(engine) == []


@pytest.mark.parametrize(
    "tamper",
    [
        update(tables.aircraft_count).values(number=7),
        delete(tables.aircraft_count),
        insert(tables.aircraft_count).values(tail="X", number=1),
    ],
)
def test_counts_that_differ_are_found_and_set_right(engine: Engine, tamper: Executable) -> None:
    write(engine, [1, 2], "HB-ZAA")
    with writing(engine) as connection:
        connection.execute(tamper)
    found = aircraft_counts.wrong(engine)
    assert found in (["HB-ZAA"], ["X"])
    assert aircraft_counts.repair(engine) == found
    assert aircraft_counts.read(engine) == {"HB-ZAA": 2}
