import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loguru import logger
from sqlalchemy import Connection, Engine, delete, update

from dataflow_health.health.observation import Evidence, Observation
from dataflow_health.storage.records import observations
from dataflow_health.storage.records.observation_cache import READ_WHOLE_EVERY, ObservationCache
from dataflow_health.storage.sql import observation_triggers, tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.factories import make_observation
from dataflow_health_tests.storage.query_plans import scans

RESULTS = st.builds(
    lambda check, day, outcome, minutes: Observation(
        process="parse", check=check, outcome=outcome, at=NOON + timedelta(minutes=minutes),
        arrival_day=day, evidence=(Evidence(byte_offset=minutes),) if outcome == "failed" else (),
    ),
    st.sampled_from(["good", "whole"]),
    st.sampled_from([None, date(2026, 11, 19), date(2026, 11, 20)]),
    st.sampled_from(["passed", "failed", "running"]),
    st.integers(0, 600),
)  # fmt: skip
"""Results of a few checks, some from a clock that is set back."""


@pytest.mark.slow
@given(steps=st.lists(st.tuples(st.lists(RESULTS, max_size=3), st.integers(0, 300)), max_size=8))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_returns_what_reading_everything_returns(
    engine: Engine, steps: list[tuple[list[Observation], int]]
) -> None:
    with writing(engine) as connection:
        connection.execute(delete(tables.observation))
    caches, now = [ObservationCache(), ObservationCache()], NOON
    for number, (results, minutes) in enumerate(steps):
        unique = {(each.check, each.arrival_day): each for each in results}
        observations.save(engine, list(unique.values()))
        now += timedelta(minutes=minutes)
        for cache in caches[: 1 + number % 2]:  # one of them reads only every second time
            assert ordered(cache.read(engine, now)) == ordered(observations.read(engine))


def ordered(results: object) -> list[Observation]:
    return sorted(results, key=lambda each: each.model_dump_json())  # type: ignore[call-overload,no-any-return]


def test_it_names_what_was_saved_since_the_last_reading(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        pytest.skip("another open transaction may have it read a result twice")
    cache = ObservationCache()
    observations.save(engine, [make_observation("parse", "good")])
    assert cache.update(engine, NOON) is None
    assert cache.update(engine, NOON) == {}
    observations.save(engine, [make_observation("parse", "whole")])
    changed = cache.update(engine, NOON)
    assert changed
    assert [check for _, check, _, _ in changed] == ["whole"]
    assert len(cache.results) == 2


def test_results_that_were_read_are_not_read_again(engine: Engine) -> None:
    cache = ObservationCache()
    observations.save(engine, [make_observation("parse", "good")])
    cache.read(engine, NOON)
    if engine.dialect.name == "sqlite":
        assert scans(engine, lambda: cache.read(engine, NOON)) == set()
        assert scans(engine, lambda: ObservationCache().read(engine, NOON)) == {"observation"}


@pytest.mark.parametrize("later", [READ_WHOLE_EVERY, timedelta(seconds=-1)])
def test_everything_is_read_again_now_and_then_and_what_differs_is_logged(
    engine: Engine, later: timedelta
) -> None:
    cache = ObservationCache()
    observations.save(engine, [make_observation("parse", "good")])
    assert [each.outcome for each in cache.read(engine, NOON)] == ["passed"]
    with writing(engine) as connection:
        drop_triggers(connection)
        connection.execute(update(tables.observation).values(outcome="failed"))
    with logged() as messages:
        assert [each.outcome for each in cache.read(engine, NOON)] == ["passed"]
        assert messages == []
        assert [each.outcome for each in cache.read(engine, NOON + later)] == ["failed"]
    assert len(messages) == 1
    assert (
        "1 check results in memory differed from the ledger, such as good of parse" in messages[0]
    )


def test_a_ledger_that_was_restored_is_read_whole(engine: Engine) -> None:
    if engine.dialect.name == "postgresql":
        pytest.skip("its transactions are numbered through, whatever is restored")
    cache = ObservationCache()
    observations.save(engine, [make_observation("parse", "good")])
    observations.save(engine, [make_observation("parse", "other")])
    cache.read(engine, NOON)
    with writing(engine) as connection:
        connection.execute(
            delete(tables.observation).where(tables.observation.c.check_name == "other")
        )
    assert [each.check for each in cache.read(engine, NOON)] == ["good"]


def drop_triggers(connection: Connection) -> None:
    """Lets a change have no number, as when the triggers are switched off."""
    made = " ".join(observation_triggers.statements(connection.dialect.name))
    for name in re.findall(r"CREATE TRIGGER (\w+)", made):
        place = " ON observation" if connection.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"DROP TRIGGER {name}{place}")


def test_a_change_by_hand_is_read_like_any_other(engine: Engine) -> None:
    cache = ObservationCache()
    observations.save(engine, [make_observation("parse", "good")])
    cache.read(engine, NOON)
    with writing(engine) as connection:
        connection.execute(update(tables.observation).values(outcome="failed"))
    assert [each.outcome for each in cache.read(engine, NOON)] == ["failed"]


@contextmanager
def logged() -> Iterator[list[str]]:
    messages: list[str] = []
    number = logger.add(messages.append, level="WARNING", format="{message}")  # type: ignore[arg-type]
    yield messages
    logger.remove(number)
