from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from dataflow_health.stages.byte_budget import ByteBudget


def test_what_is_larger_than_the_limit_is_held_alone_and_others_wait_for_it() -> None:
    budget, is_held, may_end, order = ByteBudget(10), Event(), Event(), []

    def hold_large() -> None:
        with budget.hold(50):
            is_held.set()
            may_end.wait(10)
            order.append("large")

    def hold_small() -> None:
        is_held.wait(10)
        with budget.hold(1):
            order.append("small")

    with ThreadPoolExecutor(2) as pool:
        small, large = pool.submit(hold_small), pool.submit(hold_large)
        is_held.wait(10)
        assert not small.done()
        may_end.set()
        large.result()
        small.result()
    assert order == ["large", "small"]


def test_an_error_gives_its_bytes_back() -> None:
    budget = ByteBudget(10)
    with pytest.raises(ValueError, match="damaged"), budget.hold(10):
        raise ValueError("damaged")
    with budget.hold(10):
        pass
