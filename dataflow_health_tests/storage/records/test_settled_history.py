from sqlalchemy import Engine, update

from dataflow_health.health import settled_days
from dataflow_health.storage.records import observations, settled_history
from dataflow_health.storage.records.settled_history import (
    DayRange,
    SettledHistory,
    SettledProcess,
)
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.factories import make_observation

SUM = settled_days.summarise("parse", NOON, [], [{("good", ""): make_observation("parse", "good")}])
DAYS = (DayRange("2026-11-01", "2026-11-19"),)
KEPT = SettledHistory(
    processes=(SettledProcess.of(SUM, DAYS, [("good", "")]),),
    open_days=("2026-11-20",), next_result=1, next_count=1, saved_at=NOON,
)  # fmt: skip


def test_sums_come_back_as_they_were_kept(engine: Engine) -> None:
    assert settled_history.load(engine, "key", NOON) is None
    assert settled_history.save(engine, "key", KEPT)
    found = settled_history.load(engine, "key", NOON)
    assert found == KEPT
    assert found.processes[0].days_sum() == SUM
    assert settled_history.load(engine, "other", NOON) is None
    settled_history.forget(engine)
    assert settled_history.load(engine, "key", NOON) is None


def test_sums_of_another_server_or_of_numbers_to_come_do_not_hold(engine: Engine) -> None:
    settled_history.save(engine, "key", KEPT)
    with writing(engine) as connection:
        connection.execute(update(tables.settled_history).values(database="another"))
    assert settled_history.load(engine, "key", NOON) is None
    settled_history.save(engine, "key", KEPT.model_copy(update={"next_result": 10**12}))
    assert settled_history.load(engine, "key", NOON) is None


def test_nothing_waits_for_another_writer_to_keep_sums(engine: Engine) -> None:
    observations.save(engine, [make_observation("parse", "good")])
    with writing(engine) as connection:
        connection.execute(update(tables.observation).values(outcome="failed"))
        kept = settled_history.save(engine, "key", KEPT)
    assert kept == (engine.dialect.name == "postgresql")


def test_the_key_is_another_with_other_checks() -> None:
    key = settled_history.key_of(["parse"], [("parse", "good")])
    assert key != settled_history.key_of(["parse"], [("parse", "other")])
