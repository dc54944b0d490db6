from datetime import timedelta

from sqlalchemy import Engine, func, select

from dataflow_health.storage.signals import points, retention, sums
from dataflow_health.storage.signals.retention import Retention
from dataflow_health.storage.signals.signal_database import HOUR_US, MINUTE_US
from dataflow_health.storage.signals.tables import hour, minute, point
from dataflow_health.storage.sql.database import reading
from dataflow_health_tests.storage.signals.conftest import NOW_US, Store, series

KEPT = Retention(timedelta(hours=1), timedelta(hours=2), timedelta(days=30), 10_000)


def counted(engine: Engine) -> tuple[int, int, int]:
    """Rows of points, minutes and hours."""
    with reading(engine) as connection:
        counts = [connection.execute(select(func.count()).select_from(table)).scalar_one()
                  for table in (point, minute, hour)]  # fmt: skip
    return counts[0], counts[1], counts[2]


def summed(engine: Engine) -> None:
    while sums.sum_up(engine, NOW_US):
        pass


def test_each_tier_has_its_own_age(signals: Engine, store: Store) -> None:
    store(series("a", range(-4 * 3600, 0, 20)))
    summed(signals)
    hours = counted(signals)[2]
    assert retention.apply(signals, KEPT, NOW_US) == NOW_US - HOUR_US
    assert counted(signals) == (180, 120, hours)


def test_of_too_many_points_the_oldest_go_first(signals: Engine, store: Store) -> None:
    store(series("a", range(-1200, 0, 2)) + series("b", range(-1200, 0, 2)))
    summed(signals)
    begin_us = retention.apply(signals, KEPT._replace(most_points=200), NOW_US)
    assert begin_us == NOW_US - 3 * MINUTE_US
    assert counted(signals)[0] == 180
    assert counted(signals)[1] == 40


def test_points_whose_minute_is_not_summed_up_yet_stay(signals: Engine, store: Store) -> None:
    store(series("a", range(-2 * 3600, -2 * 3600 + 60)))
    retention.apply(signals, KEPT, NOW_US)
    assert counted(signals)[0] == 60
    summed(signals)
    retention.apply(signals, KEPT, NOW_US)
    assert counted(signals) == (0, 1, 1)


def test_points_that_are_kept_never_begin_earlier_again(signals: Engine, store: Store) -> None:
    store(series("a", range(-1200, 0, 2)))
    summed(signals)
    begin_us = retention.apply(signals, KEPT._replace(most_points=100), NOW_US)
    assert retention.apply(signals, KEPT, NOW_US) == begin_us


def test_a_signal_without_a_point_for_longer_than_anything_is_kept_is_gone(
    signals: Engine, store: Store
) -> None:
    store(series("a", range(-60, -50)))
    summed(signals)
    retention.apply(signals, KEPT, NOW_US + 31 * 24 * HOUR_US)
    assert points.find_signals(signals) == []
    assert counted(signals) == (0, 0, 0)
