import pytest
from sqlalchemy import Engine

from dataflow_health.errors import NotAllowed
from dataflow_health.storage.signals import history, points
from dataflow_health.storage.signals.points import Point, SignalIds, SignalOrigin
from dataflow_health_tests.storage.signals.conftest import NOW_US, S, Store, series


def test_the_first_value_of_a_time_stays(signals: Engine, store: Store) -> None:
    store([Point("a", NOW_US, 1.0)])
    store([Point("a", NOW_US, 2.0), Point("a", NOW_US + 1, 3.0)])
    found = history.points_between(signals, ["a"], NOW_US, NOW_US + S)
    assert [each.value for each in found] == [1.0, 3.0]


def test_a_point_twice_in_one_request_is_stored_once(signals: Engine, store: Store) -> None:
    store([Point("a", NOW_US, 1.0), Point("a", NOW_US, 1.0)])
    assert len(history.points_between(signals, ["a"], NOW_US, NOW_US + S)) == 1


def test_the_newest_value_is_that_of_the_latest_time_in_any_order(
    signals: Engine, store: Store
) -> None:
    store(series("a", range(5)))
    store(list(reversed(series("a", range(-5, 0)))))
    (row,) = points.find_signals(signals)
    assert (row.last_us, row.last_value) == (NOW_US + 4 * S, 4.0)
    assert points.newest_arrival_us(signals) == NOW_US


def test_another_process_may_have_added_the_signal(signals: Engine) -> None:
    first, second = SignalIds({}), SignalIds({})
    for number, ids in enumerate((first, second, first)):
        points.append(signals, ids, [Point("a", NOW_US + number, 1.0)], NOW_US)
    assert first.known == second.known
    assert len(history.points_between(signals, ["a"], NOW_US, NOW_US + S)) == 3


def test_a_sender_may_name_source_and_unit_and_what_it_leaves_out_stays(signals: Engine) -> None:
    ids = SignalIds({})
    for number, origin in enumerate(
        (SignalOrigin("HB-Z01", "kt"), SignalOrigin("HB-Z02"), SignalOrigin())
    ):
        points.append(signals, ids, [Point("a", NOW_US + number, 1.0)], NOW_US, {"a": origin})
    points.append(signals, ids, [Point("a", NOW_US + 9, 1.0)], NOW_US)
    (row,) = points.find_signals(signals)
    assert (row.source, row.unit) == ("HB-Z02", "kt")


def test_a_signal_too_many_is_refused_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(points, "MAX_SIGNALS", 1)
    SignalIds({"a": 1}).require_room(["a"])
    with pytest.raises(NotAllowed, match="b would be one signal too many"):
        SignalIds({"a": 1}).require_room(["a", "b"])
