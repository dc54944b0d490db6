from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from dataflow_health.monitoring import history_proof
from dataflow_health.monitoring.history import History
from dataflow_health.storage.records import observations
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.health.factories import make_observation
from dataflow_health_tests.monitoring.test_history import LATER, PROCESSES, kept_at_once

AT_ONCE = 4
"""Fewer days than have results, so that they are summed up in parts."""


def passed(engine: Engine, *days: int, **given: Any) -> None:
    of_days = [date(2026, 11, day) for day in days]
    observations.save(
        engine, [make_observation("parse", "good", arrival_day=day, **given) for day in of_days]
    )


def is_proved(engine: Engine) -> bool:
    return history_proof.is_proved(engine, PROCESSES, LATER, AT_ONCE)


def test_without_sums_there_is_nothing_to_prove(engine: Engine) -> None:
    passed(engine, 1)
    assert is_proved(engine)


@pytest.mark.parametrize(
    ("right", "wrong"), [("2026-11-19", "2026-11-18"), ('"check":"good"', '"check":"step"')]
)
def test_sums_that_were_changed_are_found_and_set_right(
    engine: Engine, right: str, wrong: str
) -> None:
    passed(engine, *range(1, 20))
    with kept_at_once():
        History(PROCESSES).read(engine, LATER)
        assert is_proved(engine)
        table = tables.settled_history
        with writing(engine) as connection:
            document = connection.execute(select(table.c.document)).scalar_one()
            connection.execute(update(table).values(document=document.replace(right, wrong)))
        assert not is_proved(engine)
        assert is_proved(engine)


def test_sums_whose_days_have_changed_since_are_left_to_the_next_reader(engine: Engine) -> None:
    passed(engine, *range(1, 20))
    with kept_at_once():
        History(PROCESSES).read(engine, LATER)
        passed(engine, 7, outcome="failed", at=LATER)
        assert is_proved(engine)
        failed = History(PROCESSES).read(engine, LATER).results
    assert [each.arrival_day for each in failed] == [date(2026, 11, 7)]
