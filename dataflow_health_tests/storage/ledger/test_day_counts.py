from datetime import timedelta

from hypothesis import strategies as st
from sqlalchemy import Engine, delete, update

from dataflow_health.storage.ledger import count_proof, day_counts, ledger
from dataflow_health.storage.ledger.day_counts import DayCount
from dataflow_health.storage.ledger.states import ENDED, UNFINISHED
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import snapshot, writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger import full_count
from dataflow_health_tests.storage.ledger.factories import recordings, refuse, result
from dataflow_health_tests.storage.query_plans import plans, scans

CHANGED = tables.day_count.c.changed
ROWS = st.tuples(
    st.sampled_from(["archive_stage", "recording_stage"]),
    st.integers(0, 3),
    st.sampled_from((*UNFINISHED, *ENDED)),
    st.sampled_from(full_count.DAYS),
    st.one_of(st.none(), st.integers(0, 90)),
    st.booleans(),
)
"""Table, number of an archive or recording, its new state, day and end; or it is removed."""


def read(engine: Engine) -> list[DayCount]:
    with snapshot(engine) as connection:
        return day_counts.read(connection)


@full_count.with_any_ledger(examples=60, changes=st.lists(ROWS, max_size=8))
def test_the_counts_are_those_of_every_row_whatever_is_written(
    engine: Engine, rows: full_count.Rows, changes: list[tuple[str, int, str, str, int, bool]]
) -> None:
    full_count.write(engine, rows)
    assert count_proof.wrong_days(engine) == []
    for name, number, state, day, minute, is_removed in changes:
        table = tables.metadata.tables[name]
        key = table.primary_key.columns[f"{name.partition('_')[0]}_id"] == f"{number:064x}"
        finished_at = None if minute is None else NOON + timedelta(minutes=minute)
        values = {"state": state, "arrival_day": day, "finished_at": finished_at}
        with writing(engine) as connection:
            change = delete(table) if is_removed else update(table).values(values)
            connection.execute(change.where(key))
        assert count_proof.wrong_days(engine) == []


@full_count.with_any_ledger(examples=30, changes=st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(day_counts.OUTCOMES),
              st.sampled_from(full_count.DAYS), st.booleans()), max_size=6))  # fmt: skip
def test_results_are_counted_as_a_reading_of_all_counts_them(
    engine: Engine, rows: full_count.Rows, changes: list[tuple[int, str, str, bool]]
) -> None:
    full_count.write(engine, rows)
    run = tables.algorithm_run
    for number, outcome, day, is_removed in changes:
        values = {"outcome": outcome, "arrival_day": day}
        with writing(engine) as connection:
            change = delete(run) if is_removed else update(run).values(values)
            connection.execute(change.where(run.c.recording_id <= f"{number:064x}"))
        assert count_proof.wrong_days(engine) == []
    found = fetch(engine, run.select())
    with snapshot(engine) as connection:
        assert day_counts.results(connection) == len(found)
        here = tables.day_count.c.arrival_day == full_count.DAYS[0]
        assert day_counts.results(connection, here) == [row.arrival_day for row in found].count(
            full_count.DAYS[0]
        )


def test_the_stages_writes_are_counted_in_their_transaction(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.begin(engine, "parse", ids[:2], "run", NOON)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    assert {each[1:] for each in read(engine) if each.step in ("parse", "compress")} == {
        ("parse", "waiting", 1, None), ("parse", "running", 1, None),
        ("parse", "done", 1, NOON), ("compress", "waiting", 1, None),
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(delete(tables.recording_stage))
        connection.rollback()
    assert count_proof.wrong_days(engine) == []


def test_a_day_changes_with_its_rows_only(engine: Engine) -> None:
    ids = recordings(engine, 2)
    with snapshot(engine) as connection:
        unread = change_numbers.next_unread(connection, CHANGED)
        assert day_counts.changed_days(connection, 1) == {DAY}
        assert day_counts.changed_days(connection, unread) == set()
    ledger.begin(engine, "parse", ids, "run", NOON)
    with snapshot(engine) as connection:
        assert day_counts.changed_days(connection, unread) == {DAY}


def test_places_are_those_with_rows_in_a_state_now(engine: Engine) -> None:
    ids = recordings(engine, 2)
    refuse(engine, ids[:1])
    assert day_counts.places(engine, ["quarantined"]) == [("parse", DAY)]
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    assert day_counts.places(engine, ["quarantined"]) == []
    assert day_counts.places(engine, UNFINISHED) == [("compress", DAY)]
    used = "\n".join(plans(engine, lambda: day_counts.places(engine, ["quarantined"])))
    if engine.dialect.name == "sqlite":
        assert "ix_day_count_present" in used


def test_no_row_fulfils_two_conditions_and_each_row_in_the_states_one(engine: Engine) -> None:
    ids = recordings(engine, 4)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids[:2]])
    table = tables.recording_stage
    found = [
        (row.recording_id, row.stage)
        for condition in day_counts.conditions(engine, UNFINISHED, table)
        for row in fetch(engine, table.select().where(condition))
    ]
    expected = {(each, "compress") for each in ids[:2]} | {(each, "parse") for each in ids[2:]}
    assert (len(found), set(found)) == (4, expected)


def test_counts_of_a_day_are_read_by_an_index(engine: Engine) -> None:
    with snapshot(engine) as connection:
        assert day_counts.read(connection, [DAY]) == []
    if engine.dialect.name == "sqlite":

        def read_one_day() -> None:
            with snapshot(engine) as connection:
                day_counts.read(connection, [DAY])
                day_counts.changed_days(connection, 5)

        assert scans(engine, read_one_day) == set()
