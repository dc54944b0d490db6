from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, select

from dataflow_health.storage.signals import progress, sums
from dataflow_health.storage.signals.points import Point
from dataflow_health.storage.signals.signal_database import MINUTE_US
from dataflow_health.storage.signals.tables import hour, minute, point, unsummed
from dataflow_health.storage.sql.database import reading, writing
from dataflow_health_tests.storage.signals.conftest import NOW_US, S, Store, series


def rows(engine: Engine, table: object) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(select(table))]  # type: ignore[call-overload]


def test_a_minute_is_summed_up_once_it_is_over(signals: Engine, store: Store) -> None:
    store(series("a", range(60)))
    assert sums.sum_up(signals, NOW_US + 59 * S) == 0
    assert sums.sum_up(signals, NOW_US + MINUTE_US) == 1
    assert [row[1:] for row in rows(signals, minute)] == [(NOW_US, 60, 1770.0, 0.0, 59.0)]
    assert [row[2:] for row in rows(signals, hour)] == [(60, 1770.0, 0.0, 59.0)]
    assert sums.sum_up(signals, NOW_US + MINUTE_US) == 0


def test_late_points_change_the_sums_once(signals: Engine, store: Store) -> None:
    store(series("a", range(0, 60, 2)))
    sums.sum_up(signals, NOW_US + MINUTE_US)
    store(series("a", range(60)))  # every second one is there already
    store(series("b", range(3)))
    sums.sum_up(signals, NOW_US + MINUTE_US)
    assert sorted(row[2:4] for row in rows(signals, minute)) == [(3, 3.0), (60, 1770.0)]
    assert sorted(row[2:4] for row in rows(signals, hour)) == [(3, 3.0), (60, 1770.0)]


def test_many_minutes_are_summed_up_in_several_steps(signals: Engine, store: Store) -> None:
    store(series("a", range(0, 1500, 30)))
    steps = []
    while done := sums.sum_up(signals, NOW_US + 26 * MINUTE_US):
        steps.append(done)
    assert steps == [10, 10, 5]
    assert rows(signals, unsummed) == []


def test_sums_of_points_that_were_deleted_meanwhile_stay(signals: Engine, store: Store) -> None:
    store(series("a", range(60)))
    sums.sum_up(signals, NOW_US + MINUTE_US)
    with writing(signals) as connection:
        connection.execute(point.delete())
        progress.write(connection, progress.POINTS_FROM, NOW_US + MINUTE_US)
    store([Point("a", NOW_US, 5.0)])
    sums.sum_up(signals, NOW_US + MINUTE_US)
    assert [row[2] for row in rows(signals, minute)] == [60]
    assert rows(signals, unsummed) == []


def test_two_processes_may_sum_up_and_store_at_once(signals: Engine, store: Store) -> None:
    store(series("a", range(60)))
    works = [
        lambda: sums.sum_up(signals, NOW_US + MINUTE_US),
        lambda: store(series("a", range(60))),
        lambda: store(series("b", range(60))),
    ]
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(6) for work in works]:
            done.result(60)
    sums.sum_up(signals, NOW_US + MINUTE_US)
    assert [row[2] for row in rows(signals, minute)] == [60, 60]
