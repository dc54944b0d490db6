from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from dataflow_health.flight.algorithms.algorithm import LiveAlgorithm
from dataflow_health.monitoring.signals import crossings
from dataflow_health.storage.signals.crossings import CrossingRow
from dataflow_health.storage.signals.points import Point

BEGIN_US = 1_796_000_000_000_000
S = 1_000_000


def algorithms(**given: Any) -> Mapping[str, Any]:
    fields = {"describes": "High.", "source": "Test.", "severity": "alert", "kind": "exceedance"}
    return {"high": TypeAdapter(LiveAlgorithm).validate_python({**fields, **given})}


HIGH = algorithms(when="a > 9", lasting="PT2S")


def points(values: Sequence[float], name: str = "a", every_s: float = 1, first_s: float = 0) -> Any:
    return [
        Point(name, BEGIN_US + round((first_s + n * every_s) * S), value)
        for n, value in enumerate(values)
    ]


def spans(rows: Sequence[CrossingRow]) -> list[tuple[float, float, float | None, bool]]:
    return [
        ((row.start_us - BEGIN_US) / S, (row.end_us - BEGIN_US) / S, row.peak, row.is_open)
        for row in rows
    ]


def test_a_limit_that_was_crossed_is_a_closed_crossing() -> None:
    found = crossings.find(HIGH, points([1, 10, 12, 11, 1, 1]), [])
    assert spans(found) == [(1, 3, 12, False)]
    assert (found[0].algorithm, found[0].severity) == ("high", "alert")


def test_a_limit_that_is_crossed_at_the_newest_point_is_open() -> None:
    assert spans(crossings.find(HIGH, points([1, 10, 12, 11]), [])) == [(1, 3, 12, True)]


def test_a_crossing_shorter_than_its_duration_is_none() -> None:
    assert crossings.find(HIGH, points([1, 10, 1, 1, 10, 10]), []) == []


def test_ten_points_a_second_are_all_looked_at() -> None:
    values = [1.0] * 20 + [10.0] * 30 + [15.0] + [1.0] * 20
    ((start_s, end_s, peak, _),) = spans(crossings.find(HIGH, points(values, every_s=0.1), []))
    assert (peak, round(start_s), round(end_s)) == (15, 2, 5)


def test_a_slow_signal_is_held_between_its_points() -> None:
    found = crossings.find(HIGH, points([1, 10, 10, 10, 1, 1], every_s=10), [])
    assert [round(start_s) for start_s, *_ in spans(found)] == [10]


def test_two_signals_are_compared_with_each_other() -> None:
    apart = algorithms(when="a - b > 5", lasting="PT2S")
    both = [*points([10] * 6), *points([9, 9, 1, 1, 1, 9], "b")]
    assert spans(crossings.find(apart, both, [])) == [(2, 4, 9, False)]
    assert crossings.find(apart, points([10] * 6), []) == []


def test_a_crossing_that_goes_on_keeps_its_begin_when_that_is_no_longer_looked_at() -> None:
    (row,) = crossings.find(HIGH, points([20, 12, 11, 10, 10]), [])
    later = crossings.find(HIGH, points([10, 10, 10, 10], first_s=3), [row])
    assert spans(later) == [(0, 6, 20, True)]
    another = crossings.find(HIGH, points([1, 1, 10, 10, 10], first_s=60), [row])
    assert spans(another) == [(62, 64, 10, True)]


def test_signals_without_points_cross_nothing() -> None:
    assert crossings.find(HIGH, points([99] * 9, "b"), []) == []


def test_points_are_needed_for_twice_the_longest_duration() -> None:
    assert crossings.span_of(HIGH) == timedelta(minutes=10)
    assert crossings.span_of(algorithms(when="a > 9", lasting="PT20M")) == timedelta(minutes=40)


def test_samples_of_a_second_are_a_row() -> None:
    flight = crossings.to_flight({"a": points([1, 2, 3, 4, 5], every_s=0.5)}, BEGIN_US)
    assert flight.second.tolist() == [0, 1, 2]
    assert np.array_equal(flight.values["a"], [[1, 2], [3, 4], [5, np.nan]], equal_nan=True)
