from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, Executable, delete, insert, update

from dataflow_health.storage.ledger import conservation, count_proof, day_counts, ledger
from dataflow_health.storage.ledger.count_cache import CountCache
from dataflow_health.storage.sql import change_numbers, tables
from dataflow_health.storage.sql.database import snapshot, writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import arrive, recordings, result

CHANGED = tables.day_count.c.changed


def read(engine: Engine) -> list[day_counts.DayCount]:
    with snapshot(engine) as connection:
        return day_counts.read(connection)


def test_a_count_that_differs_from_the_rows_is_found(engine: Engine) -> None:
    recordings(engine, 1)
    with writing(engine) as connection:
        connection.execute(update(tables.day_count).values(number=7))
    assert count_proof.wrong_days(engine) == [DAY]


@pytest.mark.parametrize("tamper", [update(tables.day_count).values(number=7),
                                    delete(tables.day_count),
                                    insert(tables.day_count).values(
                                        arrival_day="2026-11-19", step="parse", state="running",
                                        number=1, changed=0)])  # fmt: skip
def test_counts_that_differ_are_set_right_and_readers_see_it(
    engine: Engine, tamper: Executable
) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    cache, right = CountCache(), read(engine)
    with writing(engine) as connection:
        connection.execute(tamper)
    cache.update(engine, NOON)
    wrong = count_proof.wrong_days(engine)
    assert count_proof.repair(engine) == wrong != []
    assert count_proof.wrong_days(engine) == []
    assert set(read(engine)) == set(right)
    assert cache.update(engine, NOON) is not None
    assert set(wrong) <= {DAY, "2026-11-19"}
    with snapshot(engine) as connection:
        counted = {c for c in conservation.count_days(connection, NOON)}
    assert {c for day in cache.days.values() for c in day.values() if c.incoming or c.done} == {
        c for c in counted if c.incoming or c.done
    }


def test_right_counts_are_left_alone(engine: Engine) -> None:
    recordings(engine, 1)
    with snapshot(engine) as connection:
        unread = change_numbers.next_unread(connection, CHANGED)
    assert count_proof.repair(engine) == []
    with snapshot(engine) as connection:
        assert day_counts.changed_days(connection, unread) == set()


def test_days_are_compared_some_at_a_time_and_each_once(engine: Engine) -> None:
    days = [str(date(2026, 11, 1) + timedelta(days=n)) for n in range(9)]
    for id_, day in zip(recordings(engine, len(days)), days, strict=True):
        arrive(engine, id_, day)
    count, chosen = tables.day_count, [days[0], days[4], days[8]]
    with writing(engine) as connection:
        connection.execute(
            update(count).where(count.c.arrival_day.in_(chosen)).values(number=count.c.number + 1)
        )
        connection.execute(delete(count).where(count.c.arrival_day == days[6]))
    assert count_proof.wrong_days(engine, at_once=2) == sorted([*chosen, days[6]])
    assert count_proof.repair(engine, at_once=2) == sorted([*chosen, days[6]])
    assert count_proof.wrong_days(engine) == []
