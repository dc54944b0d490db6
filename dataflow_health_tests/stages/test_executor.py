import threading
import time
from weakref import WeakSet

import pytest

from dataflow_health.errors import StorageError
from dataflow_health.stages.executor import AHEAD, ThreadExecutor


def test_what_is_made_comes_with_its_item() -> None:
    made = ThreadExecutor(2).run("doubling", [1, 2, 3], lambda number: 2 * number)
    assert dict(made) == {1: 2, 2: 4, 3: 6}


def test_an_error_ends_the_work_and_leaves_out_what_has_not_begun() -> None:
    begun: list[int] = []

    def fail(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise StorageError("disk full")
        time.sleep(0.02)

    with pytest.raises(StorageError, match="disk full"):
        list(ThreadExecutor(1).run("failing", range(1000), fail))
    assert len(begun) < 1000


def test_only_a_few_items_are_begun_before_what_came_of_them_is_taken() -> None:
    begun: list[int] = []
    made = ThreadExecutor(2).run("slow reader", range(1000), begun.append)
    for taken, _ in enumerate(made):
        assert len(begun) <= taken + 1 + AHEAD * 2
    assert len(begun) == 1000


def test_what_was_made_is_not_kept() -> None:
    class Made:
        """Something large."""

    alive: WeakSet[Made] = WeakSet()

    def make(_number: int) -> Made:
        alive.add(made := Made())
        return made

    for _ in ThreadExecutor(2).run("making", range(200), make):
        assert len(alive) <= AHEAD * 2 + 2


def test_a_reader_that_stops_early_leaves_no_thread() -> None:
    made = ThreadExecutor(2).run("half", range(10), lambda number: number)
    next(made)
    made.close()
    assert not [each for each in threading.enumerate() if each.name.startswith("half")]
