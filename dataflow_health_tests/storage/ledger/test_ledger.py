from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from dataflow_health.storage.ledger import arrival_days, ledger, pending
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES, STAGES, next_stage
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import pending_ids, recordings, result


def test_what_is_done_waits_before_the_next_stage(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0]), result(ids[1], "quarantined")])
    assert pending_ids(engine, "parse") == [ids[2]]
    assert pending_ids(engine, "compress") == [ids[0]]


def test_work_of_other_code_is_due_again_and_work_of_this_code_is_not(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], version="1")])
    assert pending_ids(engine, "parse", version="1") == []
    assert pending_ids(engine, "parse", version="2") == ids


def test_the_next_stage_works_again_only_when_its_input_changed(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.finish(engine, "parse", DAY, "run", [result(each, digest="d1") for each in ids])
    ledger.finish(engine, "compress", DAY, "run", [result(each) for each in ids])
    ledger.finish(engine, "parse", DAY, "run", [result(each, digest="d1") for each in ids])
    assert pending_ids(engine, "compress") == []
    ledger.finish(engine, "parse", DAY, "run", [result(each, digest="d2") for each in ids[:2]])
    assert pending_ids(engine, "compress") == ids[:2]


def test_what_a_killed_run_left_running_is_due_again(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.begin(engine, "parse", ids, "killed", NOON)
    assert pending_ids(engine, "parse") == ids
    assert arrival_days.unfinished(engine) == [DAY]


def test_a_day_tried_too_often_is_left_for_a_person(engine: Engine) -> None:
    ids = recordings(engine, 1)
    for _ in range(3):
        ledger.begin(engine, "parse", ids, "run", NOON)
    assert arrival_days.unfinished(engine, max_attempts=4) == [DAY]
    assert arrival_days.unfinished(engine, max_attempts=3) == []


def test_a_lost_recording_breaks_the_conservation_law(engine: Engine) -> None:
    ids = recordings(engine, 2)
    assert all(each.balances for each in stage_counts(engine, NOON))
    with writing(engine) as connection:
        table = tables.recording_stage
        connection.execute(table.delete().where(table.c.recording_id == ids[0]))
    parse = next(each for each in stage_counts(engine, NOON) if each.process == "parse")
    assert parse.unaccounted == 1


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_but_the_last_has_one_after_it(stage: str) -> None:
    following = next_stage(stage)
    assert (following is None) == (stage == "load")


@settings(deadline=None, max_examples=15)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(RECORDING_STAGES),
            st.integers(0, 4),
            st.sampled_from(["done", "quarantined"]),
            st.sampled_from(["d1", "d2"]),
        ),
        max_size=25,
    )
)
def test_the_account_balances_whatever_stages_do(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[str, int, str, str]]
) -> None:
    made = database.connect(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'l.sqlite'}")
    database.upgrade(made)
    recordings(made, 5)
    for stage, which, state, digest in steps:
        due = pending.recordings(made, stage, DAY, lambda _row: "1", force=True)
        if which < len(due):
            ledger.begin(made, stage, [due[which].id], "run", NOON)
            one = result(due[which].id, state, digest)
            ledger.finish(made, stage, DAY, "run", [one])
        assert all(each.unaccounted == 0 for each in stage_counts(made, NOON)), stage
    made.dispose()


def test_what_is_refused_after_all_leaves_the_stages_after_it(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    ledger.finish(engine, "compress", DAY, "run", [result(ids[0])])
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], "quarantined", version="2")])
    assert all(each.balances for each in stage_counts(engine, NOON))
    assert pending_ids(engine, "store") == []
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], version="3")])
    assert pending_ids(engine, "compress") == ids
