from sqlalchemy import Engine

from dataflow_health.storage.signals import crossings
from dataflow_health.storage.signals.crossings import CrossingRow
from dataflow_health_tests.storage.signals.conftest import NOW_US, S


def crossing(name: str, start_s: int, end_s: int, *, is_open: bool = True) -> CrossingRow:
    times = NOW_US + start_s * S, NOW_US + end_s * S
    return CrossingRow(name, *times, 9.5, "warning", "", "v1", is_open=is_open)


def test_a_crossing_that_goes_on_is_the_same_one_and_ends_when_it_is_found_no_more(
    signals: Engine,
) -> None:
    assert crossings.compared_us(signals) is None
    crossings.save(signals, [crossing("a", 0, 5)], NOW_US)
    crossings.save(signals, [crossing("a", 0, 9), crossing("b", 3, 4)], NOW_US + S)
    assert [row.end_us for row in crossings.find_open(signals)] == [NOW_US + 9 * S, NOW_US + 4 * S]
    crossings.save(signals, [crossing("b", 3, 6)], NOW_US + 2 * S)
    assert [row.algorithm for row in crossings.find_open(signals)] == ["b"]
    assert [row.algorithm for row in crossings.find(signals, None, None, 10)] == ["a", "b"]
    assert crossings.compared_us(signals) == NOW_US + 2 * S


def test_crossings_are_found_by_the_range_that_they_touch(signals: Engine) -> None:
    crossings.save(signals, [crossing("a", 0, 5), crossing("b", 10, 12)], NOW_US)
    found = {
        limits: [row.algorithm for row in crossings.find(signals, *limits, 10)]
        for limits in ((NOW_US + 6 * S, None), (None, NOW_US + 10 * S), (NOW_US + 5 * S, None))
    }
    assert list(found.values()) == [["b"], ["a"], ["b", "a"]]
