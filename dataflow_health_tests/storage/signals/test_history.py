import itertools

import pytest
from sqlalchemy import Engine

from dataflow_health.storage.signals import history, points, progress, sums
from dataflow_health.storage.signals.signal_database import HOUR_US, MINUTE_US
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.storage.signals.conftest import NOW_US, S, Store, series

HOUR = NOW_US - NOW_US % HOUR_US


@pytest.fixture
def filled(signals: Engine, store: Store) -> Engine:
    """Three hours of one point in ten seconds, up to NOW; all whole minutes are summed up."""
    store(series("a", range(-3 * 3600, 0, 10)))
    while sums.sum_up(signals, NOW_US - 2 * MINUTE_US):
        pass
    return signals


def find(engine: Engine, from_us: int, to_us: int, most: int) -> list[history.Span]:
    (row,) = points.find_signals(engine)
    return history.find(engine, row.id, (from_us, to_us), most)


def test_a_range_with_few_points_gives_each_of_them(filled: Engine) -> None:
    found = find(filled, NOW_US - 60 * S, NOW_US, 6)
    assert [(each.at_us, each.low, each.high) for each in found] == [
        (NOW_US + second * S, second, second) for second in range(-60, 0, 10)
    ]


def test_no_point_of_a_range_is_missing_or_counted_twice(filled: Engine) -> None:
    for minutes, most in itertools.product((2, 59, 179), (5, 50, 120, 1000)):
        found = find(filled, NOW_US - minutes * MINUTE_US, NOW_US, most)
        assert sum(each.points for each in found) == minutes * 6
        assert sum(each.total for each in found) == sum(range(-minutes * 60, 0, 10))
        assert len(found) <= most + 1
        assert min(each.low for each in found) == -minutes * 60
        assert max(each.high for each in found) == -10


def test_what_is_no_longer_kept_as_points_is_shown_by_minutes(filled: Engine) -> None:
    with writing(filled) as connection:
        progress.write(connection, progress.POINTS_FROM, NOW_US - HOUR_US)
    found = find(filled, NOW_US - 2 * HOUR_US, NOW_US, 1000)
    assert {each.points for each in found} == {6}
    assert len(found) == 120


def test_spans_of_hours_are_whole_hours(filled: Engine) -> None:
    found = find(filled, HOUR - 2 * HOUR_US, NOW_US, 3)
    assert {each.at_us % HOUR_US for each in found} == {0}
    assert sum(each.points for each in found) == 720 + (NOW_US - HOUR) // (10 * S)


def test_late_points_are_in_the_history_at_once(filled: Engine, store: Store) -> None:
    late = NOW_US - HOUR_US + 5 * S
    store([points.Point("a", late, 9999.0)])
    for most in (4, 50, 1000):
        assert max(each.high for each in find(filled, HOUR - 2 * HOUR_US, NOW_US, most)) == 9999.0
