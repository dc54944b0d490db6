from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from dataflow_health.operations.sized_cache import SizedCache


def test_the_least_recently_used_value_makes_room_for_a_new_one() -> None:
    made: list[str] = []
    cache: SizedCache[str, str] = SizedCache(10, len)

    def get(key: str, value: str) -> str:
        return cache.get(key, lambda: made.append(key) or value)

    for key, value in [("a", "aaaa"), ("b", "bbbb"), ("a", "-"), ("c", "cccc"), ("a", "-")]:
        get(key, value)
    assert (made, cache.kept_bytes) == (["a", "b", "c"], 8)
    assert get("b", "again") == "again"


def test_a_value_above_the_limit_is_returned_and_not_kept() -> None:
    cache: SizedCache[str, str] = SizedCache(3, len)
    assert [cache.get("a", lambda: "aaaa"), cache.get("a", lambda: "bbbb")] == ["aaaa", "bbbb"]
    assert cache.kept_bytes == 0


def test_threads_that_want_one_key_make_it_once() -> None:
    cache: SizedCache[str, str] = SizedCache(100, len)
    start, made = Barrier(4), []

    def get(_: int) -> str:
        start.wait(10)
        return cache.get("a", lambda: made.append(1) or "value")

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(get, range(4))) == ["value"] * 4
    assert made == [1]


def test_an_error_is_raised_and_the_next_caller_tries_again() -> None:
    cache: SizedCache[str, str] = SizedCache(100, len)
    with pytest.raises(ZeroDivisionError):
        cache.get("a", lambda: str(1 // 0))
    assert cache.get("a", lambda: "value") == "value"
