import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from dataflow_health.health.observation import StageCounts
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.count_cache import CountCache
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger import full_count
from dataflow_health_tests.storage.ledger.factories import recordings, result
from dataflow_health_tests.storage.query_plans import scans


def cached(cache: CountCache) -> list[StageCounts]:
    return ordered(each for counts in cache.days.values() for each in counts.values())


def ordered(counts: object) -> list[StageCounts]:
    return sorted(counts, key=lambda each: (str(each.arrival_day), each.process))  # type: ignore[call-overload,no-any-return]


@pytest.mark.slow
@given(ledgers=st.lists(full_count.LEDGERS, min_size=1, max_size=4))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_has_the_counts_of_a_full_reading(
    engine: Engine, ledgers: list[full_count.Rows]
) -> None:
    cache = CountCache()
    for rows in ledgers:
        full_count.write(engine, rows)
        cache.update(engine, NOON)
        assert cached(cache) == ordered(stage_counts(engine, NOON))


def test_only_days_that_changed_are_counted_again(engine: Engine) -> None:
    cache = CountCache()
    ids = recordings(engine, 2)
    assert cache.update(engine, NOON) is None
    if engine.dialect.name == "sqlite":
        assert cache.update(engine, NOON) == set()
        assert scans(engine, lambda: cache.update(engine, NOON)) == set()
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    assert cache.update(engine, NOON) == {DAY}
    assert cache.days[DAY]["parse"].done == 1
