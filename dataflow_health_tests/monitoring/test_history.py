from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update

from dataflow_health.config.process_config import ProcessConfig
from dataflow_health.errors import DatabaseError
from dataflow_health.health.check import STEP
from dataflow_health.health.observation import Observation
from dataflow_health.health.process import Process
from dataflow_health.health.settled_days import SETTLED_AFTER
from dataflow_health.monitoring import evaluation, history, history_proof
from dataflow_health.monitoring.history import History
from dataflow_health.storage.records import observations
from dataflow_health.storage.records.observations import OVERTAKEN_WITHIN
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import NOON
from dataflow_health_tests.health.factories import asset_check, make_observation, make_process
from dataflow_health_tests.storage.ledger import full_count
from dataflow_health_tests.storage.query_plans import scans

PROCESSES: Mapping[str, Process] = {
    "parse": make_process(checks=[asset_check("good"), asset_check("whole")]),
    "compress": make_process(after=["parse"], checks=[asset_check("good")]),
}
DECLARED = ProcessConfig(PROCESSES, {"parse": ("algorithm",)})
LATER = NOON + SETTLED_AFTER + timedelta(hours=2)

RESULTS = st.builds(
    lambda process, check, day, part, outcome, minutes: Observation(
        process=process, check=check, outcome=outcome, at=NOON + timedelta(minutes=minutes),
        arrival_day=day, part=part, detail=f"{minutes} min", link=f"/{minutes % 7}",
    ),
    st.sampled_from(["parse", "compress", "removed"]),
    st.sampled_from(["good", "whole", STEP]),
    st.sampled_from([None, *map(date.fromisoformat, full_count.DAYS)]),
    st.sampled_from(["", "", "algorithm"]),
    st.sampled_from(["passed", "passed", "passed", "failed", "running"]),
    st.integers(0, 90),
)  # fmt: skip
WORK = st.builds(
    lambda number, stage, state, minute: {
        "recording_id": f"{number:064x}", "stage": stage, "state": state, "attempts": 1,
        "arrival_day": full_count.DAYS[number % len(full_count.DAYS)],  # one at all stages
        "finished_at": NOON + timedelta(minutes=minute),
    },
    st.integers(0, 9), st.sampled_from(["parse", "compress"]),
    st.sampled_from(["done", "done", "done", "quarantined", "waiting"]), st.integers(0, 90),
)  # fmt: skip
STEPS = st.lists(
    st.tuples(
        st.lists(RESULTS, max_size=8),
        st.lists(WORK, max_size=3),
        st.sampled_from([0, 1, 24, 30, -1]),
    ),
    max_size=5,
)


@pytest.mark.slow
@given(steps=STEPS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_report_is_that_of_every_result_and_count(
    engine: Engine, steps: list[tuple[list[Observation], list[Mapping[str, Any]], int]]
) -> None:
    with writing(engine) as connection:
        for table in (tables.observation, *full_count.TABLES):
            connection.execute(delete(table))
    # Not patched: a monitor of another test may read another ledger at the same time.
    history._HISTORIES[engine] = [History(PROCESSES)]
    now = LATER
    for results, work, hours in steps:
        unique = {(e.process, e.check, e.arrival_day, e.part): e for e in results}
        observations.save(engine, list(unique.values()))
        replace_work(engine, work)
        now += timedelta(hours=hours)
        assert report(engine, now, PROCESSES) == report(engine, now, None)


CHANGES = st.one_of(
    st.tuples(st.just("save"), RESULTS),
    st.tuples(st.just("work"), WORK),
    st.tuples(st.just("tamper"), st.sampled_from(["failed", "passed"])),
    st.tuples(st.just("delete"), st.sampled_from(["good", "whole", STEP])),
    st.tuples(st.just("wait"), st.integers(1, 40)),
)


@pytest.mark.slow
@given(
    passed_at=st.integers(0, 90),
    steps=st.lists(st.lists(CHANGES, max_size=3), min_size=1, max_size=5),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_new_process_that_goes_on_from_kept_sums_reports_what_every_row_says(
    engine: Engine, passed_at: int, steps: list[list[tuple[str, Any]]]
) -> None:
    empty(engine)
    passed(engine, 19, 20, 21, at=NOON + timedelta(minutes=passed_at))
    now, table = LATER, tables.observation
    with kept_at_once():
        for changes in steps:
            for kind, given_value in changes:
                if kind == "save":
                    observations.save(engine, [given_value])
                elif kind == "work":
                    replace_work(engine, [given_value])
                elif kind == "wait":
                    now += timedelta(hours=given_value)
                else:  # by hand: no number of a change is written
                    by_hand = update(table).values(outcome=given_value)
                    if kind == "delete":
                        by_hand = delete(table).where(table.c.check_name == given_value)  # type: ignore[assignment]
                    with writing(engine) as connection:
                        connection.execute(by_hand)
            history._HISTORIES[engine] = [History(PROCESSES)]
            assert report(engine, now, PROCESSES) == report(engine, now, None)
            assert history_proof.is_proved(engine, PROCESSES, now, at_once=2)


def empty(engine: Engine) -> None:
    with writing(engine) as connection:
        for table in (tables.observation, tables.settled_history, *full_count.TABLES):
            connection.execute(delete(table))


@contextmanager
def kept_at_once() -> Iterator[None]:
    """Sums are kept however short the history is."""
    with (
        patch.object(history, "WORTH_KEEPING", timedelta(days=-9)),
        patch.object(history, "KEPT_EVERY", timedelta()),
    ):
        yield


def whole_readings(engine: Engine, reader: History, now: Any) -> int:
    with patch.object(History, "_read_whole", autospec=True, side_effect=History._read_whole) as f:
        reader.read(engine, now)
    return f.call_count


def test_a_new_process_reads_only_what_is_not_settled(engine: Engine) -> None:
    passed(engine, *range(1, 20))
    passed(engine, 20, outcome="failed")
    with kept_at_once():
        assert whole_readings(engine, History(PROCESSES), LATER) == 1
        assert whole_readings(engine, second := History(PROCESSES), LATER) == 0
        assert set(second._days["parse"].results) == {"2026-11-20"}
        assert second.open_days(engine, LATER) == {"2026-11-20"}
        if engine.dialect.name == "sqlite":
            assert scans(engine, lambda: History(PROCESSES).read(engine, LATER)) == set()


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_settled_day_that_fails_later_counts_in_old_and_new_processes(
    engine: Engine, by_hand: bool
) -> None:
    passed(engine, *range(1, 20))
    with kept_at_once():
        readers = [History(PROCESSES), History(PROCESSES)]
        for reader in readers:
            assert reader.read(engine, LATER).results == []
        if by_hand:
            table = tables.observation
            with writing(engine) as connection:
                failed = update(table).where(table.c.arrival_day == "2026-11-07")
                connection.execute(failed.values(outcome="failed"))
        else:
            passed(engine, 7, outcome="failed", at=LATER)
        for reader in (*readers, History(PROCESSES)):
            assert [each.outcome for each in reader.read(engine, LATER).results] == ["failed"]
        assert whole_readings(engine, History(PROCESSES), LATER) == 0


def test_sums_of_other_checks_a_later_time_or_another_format_do_not_hold(engine: Engine) -> None:
    passed(engine, *range(1, 20))
    with kept_at_once():
        History(PROCESSES).read(engine, LATER)
        assert whole_readings(engine, History({"parse": PROCESSES["parse"]}), LATER) == 1
        assert whole_readings(engine, History(PROCESSES), LATER - timedelta(minutes=1)) == 1
        with writing(engine) as connection:
            connection.execute(update(tables.settled_history).values(document="{}"))
        assert whole_readings(engine, History(PROCESSES), LATER) == 1


def test_a_short_history_is_not_worth_keeping(engine: Engine) -> None:
    passed(engine, *range(1, 20))
    History(PROCESSES).read(engine, LATER)
    assert fetch(engine, select(tables.settled_history)) == []


def test_a_reader_that_waited_for_another_does_not_read_everything_again(engine: Engine) -> None:
    reader = History(PROCESSES)
    reader.read(engine, LATER)
    with patch.object(History, "_forget") as forget:
        reader.read(engine, LATER - timedelta(seconds=5))
    forget.assert_not_called()


def replace_work(engine: Engine, work: list[Mapping[str, Any]]) -> None:
    table = tables.recording_stage
    with writing(engine) as connection:
        for row in work:
            key = (table.c.recording_id == row["recording_id"]) & (table.c.stage == row["stage"])
            connection.execute(delete(table).where(key))
            connection.execute(insert(table).values(**row))


def report(engine: Engine, now: Any, processes: Mapping[str, Process] | None) -> object:
    records = evaluation.read_records(engine, now, processes)
    return evaluation.make_report(DECLARED, records, now)


def passed(engine: Engine, *days: int, check: str = "good", **given: Any) -> None:
    results = [
        make_observation("parse", check, arrival_day=date(2026, 11, day), **given) for day in days
    ]
    observations.save(engine, results)


def test_days_that_passed_long_ago_come_as_one_sum(engine: Engine) -> None:
    reader = History(PROCESSES)
    passed(engine, *range(1, 20))
    young = reader.read(engine, NOON + timedelta(hours=1))
    assert (len(young.results), young.settled) == (19, [])
    old = reader.read(engine, LATER)
    assert old.results == []
    (found,) = old.settled
    checked = found.of_check("good")
    assert checked
    assert (found.at, checked.newest.arrival_day) == (LATER, date(2026, 11, 19))


def test_a_day_that_fails_comes_by_itself_until_it_passes_again(engine: Engine) -> None:
    reader = History(PROCESSES)
    passed(engine, 1, 2, 3)
    reader.read(engine, LATER)
    passed(engine, 2, outcome="failed", at=LATER)
    assert [each.outcome for each in reader.read(engine, LATER).results] == ["failed"]
    passed(engine, 2, at=LATER + OVERTAKEN_WITHIN)
    found = reader.read(engine, LATER + 2 * SETTLED_AFTER)
    assert found.results == []
    assert found.settled[0].checks["good", ""].at == LATER + OVERTAKEN_WITHIN


def test_a_reading_that_failed_halfway_loses_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = History(PROCESSES)
    passed(engine, 1)
    reader.read(engine, LATER)
    passed(engine, 2)

    def away(*_: object) -> None:
        raise DatabaseError("away")

    with monkeypatch.context() as patched:
        patched.setattr(reader._counts, "update", away)
        with pytest.raises(DatabaseError):
            reader.read(engine, LATER)
    (found,) = reader.read(engine, LATER).settled
    assert found.checks["good", ""].newest.arrival_day == date(2026, 11, 2)


def test_all_readers_of_a_ledger_share_its_history(engine: Engine) -> None:
    assert history.of(engine, PROCESSES) is history.of(engine, dict(PROCESSES))


def test_readers_of_other_processes_do_not_make_each_other_read_everything(engine: Engine) -> None:
    fewer = {"parse": PROCESSES["parse"]}
    both = history.of(engine, PROCESSES), history.of(engine, fewer)
    passed(engine, 1)
    for reader in both:
        reader.read(engine, LATER)
    with patch.object(History, "_forget") as forget:
        for _ in range(2):
            assert history.of(engine, fewer).read(engine, LATER) == both[1].read(engine, LATER)
            assert history.of(engine, PROCESSES) is both[0]
    forget.assert_not_called()


def test_a_history_of_processes_that_nothing_reads_any_more_is_dropped(engine: Engine) -> None:
    sets = [{name: PROCESSES["parse"]} for name in "abcd"]
    first = history.of(engine, sets[0])
    for each in sets[1:]:
        history.of(engine, each)
    assert history.of(engine, sets[0]) is not first
