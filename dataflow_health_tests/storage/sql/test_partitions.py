"""Results by month in PostgreSQL; SQLite keeps one table, to which nothing is done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError

from dataflow_health.storage.ledger import count_proof
from dataflow_health.storage.queries.findings import FindingFilter, read_page
from dataflow_health.storage.records import results
from dataflow_health.storage.records.results import FindingRow, RunRow
from dataflow_health.storage.sql import database, partitions
from dataflow_health.storage.sql.partitions import Partition
from dataflow_health_tests.conftest import cleared
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.waiting import wait_until


@pytest.fixture
def server(postgres_url: str) -> Iterator[Engine]:
    cleared(postgres_url)
    engine = open_ledger(postgres_url)
    yield engine
    engine.dispose()


def load(engine: Engine, id_: str, day: str) -> None:
    """Loads the results of a recording as the stage does."""
    partitions.prepare(engine, day)
    write(engine, id_, day)


def write(engine: Engine, id_: str, day: str) -> None:
    """Writes the results of a recording, whatever partitions there are."""
    run = RunRow(id_, "overspeed", "v1", "p1", "HB-ZAA", day, "found", "", 1, NOON)
    finding = FindingRow(
        id_, "overspeed", 0, "HB-ZAA", day, "warning", 1.0, 2.0, NOON, 107.0, 1.5, "rotor"
    )
    with database.writing(engine) as connection:
        results.replace(connection, day, [id_], [run], [finding])


def rows_by_partition(engine: Engine) -> dict[str, int]:
    """Number of findings by the partition that has them."""
    counted = text("SELECT tableoid::regclass::text, count(*) FROM finding GROUP BY 1")
    with database.reading(engine) as connection:
        return {name: number for name, number in connection.execute(counted)}


def partition_names(engine: Engine) -> set[str]:
    return {name for name in inspect(engine).get_table_names() if partitions.is_partition(name)}


def test_a_month_has_a_name_and_an_end() -> None:
    december = Partition("finding", date(2026, 12, 1))
    assert (december.name, december.end) == ("finding_2026_12", date(2027, 1, 1))


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("finding_2026_11", True),
        ("algorithm_run_default", True),
        ("finding", False),
        ("finding_message", False),
        ("finding_triage", False),
        ("finding_rule", False),
        ("findings", False),
    ],
)
def test_partitions_are_known_by_their_names(name: str, is_one: bool) -> None:
    assert partitions.is_partition(name) == is_one


def test_sqlite_has_one_table(tmp_path) -> None:
    engine = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    load(engine, "r1", "2026-11-20")
    assert partition_names(engine) == set()
    engine.dispose()


def test_a_day_of_any_age_makes_its_month_and_the_next(server: Engine) -> None:
    load(server, "r1", "1999-12-31")
    load(server, "r2", "2026-11-20")
    months = ("1999_12", "2000_01", "2026_11", "2026_12", "default")
    assert partition_names(server) == {
        f"{table}_{month}" for table in partitions.TABLES for month in months
    }
    assert rows_by_partition(server) == {"finding_1999_12": 1, "finding_2026_11": 1}


def test_no_insert_fails_for_want_of_a_partition_and_rows_move_when_there_is_one(
    server: Engine,
) -> None:
    write(server, "r1", "2026-11-30")
    write(server, "r2", "2026-12-01")
    assert rows_by_partition(server) == {"finding_default": 2}
    partitions.prepare(server, "2026-11-02")
    assert rows_by_partition(server) == {"finding_2026_11": 1, "finding_2026_12": 1}
    assert {row.recording for row in read_page(server, FindingFilter())[0]} == {"r1", "r2"}
    assert count_proof.wrong_days(server) == []


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(days=st.lists(st.dates(date(1990, 1, 1), date(2100, 1, 1)), min_size=1, max_size=4))
def test_each_row_is_in_the_partition_of_its_month(server: Engine, days: list[date]) -> None:
    for day in days:
        load(server, day.isoformat(), day.isoformat())
    own = "SELECT count(*) FROM finding WHERE tableoid::regclass::text"
    elsewhere = text(f"{own} != 'finding_' || replace(left(arrival_day, 7), '-', '_')")
    with database.reading(server) as connection:
        assert connection.execute(elsewhere).scalar_one() == 0


def test_a_partition_has_the_keys_indexes_and_comments_of_its_table(server: Engine) -> None:
    partitions.prepare(server, "2026-11-20")
    found = inspect(server)
    for table in partitions.TABLES:
        month = f"{table}_2026_11"
        assert (
            found.get_pk_constraint(month)["constrained_columns"]
            == found.get_pk_constraint(table)["constrained_columns"]
        )
        assert {tuple(each["column_names"]) for each in found.get_indexes(month)} == {
            tuple(each["column_names"]) for each in found.get_indexes(table)
        }
        comments = [
            [each["comment"] for each in found.get_columns(name)] for name in (table, month)
        ]
        assert comments[0] == comments[1]


def test_the_same_result_twice_is_refused_in_whatever_partition(server: Engine) -> None:
    write(server, "r1", "2026-11-20")
    again = text("INSERT INTO algorithm_run SELECT * FROM algorithm_run")
    for _ in range(2):
        with pytest.raises(IntegrityError), server.begin() as connection:
            connection.execute(again)
        partitions.prepare(server, "2026-11-20")


def test_a_recording_is_looked_for_in_its_month_only(server: Engine) -> None:
    for month in range(1, 12):
        load(server, f"r{month}", f"2026-{month:02}-20")
    plan = text(
        "EXPLAIN SELECT * FROM finding WHERE recording_id = 'r5' AND arrival_day = '2026-05-20'"
    )
    with database.reading(server) as connection:
        lines = "\n".join(connection.execute(plan).scalars())
    assert "finding_2026_05" in lines
    assert "finding_2026_06" not in lines


def test_processes_that_load_a_new_month_at_once_make_it_once(server: Engine) -> None:
    with ThreadPoolExecutor(6) as pool:
        for made in [pool.submit(load, server, f"r{n}", "2026-11-20") for n in range(6)]:
            made.result(timeout=300)
    assert rows_by_partition(server) == {"finding_2026_11": 6}


def test_a_reader_that_takes_long_delays_a_partition_and_no_results(
    server: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "PATIENCE_MS", 50)
    with database.snapshot(server) as reader:
        reader.execute(text("SELECT count(*) FROM finding"))
        load(server, "r1", "2026-11-20")
        assert rows_by_partition(server) == {"finding_default": 1}
    load(server, "r2", "2026-11-21")
    assert rows_by_partition(server) == {"finding_2026_11": 2}


def test_the_table_is_read_and_written_while_a_partition_waits_to_be_made(server: Engine) -> None:
    partitions.prepare(server, "2026-10-20")
    with ThreadPoolExecutor(1) as pool, database.writing(server) as other:
        other.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": partitions.LOCK_KEY})
        made = pool.submit(partitions.prepare, server, "2026-12-20")
        wait_until(lambda: _is_waiting(server))
        write(server, "r1", "2026-10-20")
        assert rows_by_partition(server) == {"finding_2026_10": 1}
        other.rollback()
        made.result(timeout=60)


def _is_waiting(engine: Engine) -> bool:
    found = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    with database.reading(engine) as connection:
        return bool(connection.execute(found).scalar())
