from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from dataflow_health.storage.ledger import arrival_days, ledger, pending, quarantine
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import ARCHIVE_STAGES, RECORDING_STAGES
from dataflow_health.storage.ledger.stage_records import find
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import CHUNK
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.storage.ledger.factories import (
    archive,
    pending_ids,
    recordings,
    refuse,
    refuse_archive,
    result,
    states,
)


def test_a_finished_recording_waits_before_the_next_stage(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0]), result(ids[1], "quarantined")])
    assert pending_ids(engine, "parse") == [ids[2]]
    assert pending_ids(engine, "compress") == [ids[0]]


def test_only_work_of_other_code_is_pending_again(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], version="1")])
    assert pending_ids(engine, "parse", version="1") == []
    assert pending_ids(engine, "parse", version="2") == ids


def test_the_next_stage_repeats_its_work_only_when_its_input_changed(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.finish(engine, "parse", DAY, "run", [result(each, digest="d1") for each in ids])
    ledger.finish(engine, "compress", DAY, "run", [result(each) for each in ids])
    ledger.finish(engine, "parse", DAY, "run", [result(each, digest="d1") for each in ids])
    assert pending_ids(engine, "compress") == []
    ledger.finish(engine, "parse", DAY, "run", [result(each, digest="d2") for each in ids[:2]])
    assert pending_ids(engine, "compress") == ids[:2]


def test_work_left_by_a_killed_run_is_pending_again(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.begin(engine, "parse", ids, "killed", NOON)
    assert pending_ids(engine, "parse") == ids
    assert arrival_days.unfinished(engine) == [DAY]


@pytest.mark.slow
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
def test_the_counts_balance_after_any_sequence_of_results(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[str, int, str, str]]
) -> None:
    made = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'l.sqlite'}")
    recordings(made, 5)
    for stage, which, state, digest in steps:
        due = pending.recordings(made, stage, DAY, lambda _row: "1", force=True)
        if which < len(due):
            ledger.begin(made, stage, [due[which].id], "run", NOON)
            one = result(due[which].id, state, digest)
            ledger.finish(made, stage, DAY, "run", [one])
        assert all(each.unaccounted == 0 for each in stage_counts(made, NOON)), stage
    made.dispose()


def test_a_recording_refused_later_leaves_the_stages_after_it(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    ledger.finish(engine, "compress", DAY, "run", [result(ids[0])])
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], "quarantined", version="2")])
    assert all(each.balances for each in stage_counts(engine, NOON))
    assert pending_ids(engine, "store") == []
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], version="3")])
    assert pending_ids(engine, "compress") == ids


def test_beginning_counts_attempts_and_names_the_run(engine: Engine) -> None:
    ids = recordings(engine, 3)
    ledger.begin(engine, "parse", ids[:2], "first", NOON)
    ledger.begin(engine, "parse", ids[:1], "second", NOON + timedelta(minutes=1))
    found = [(r.state, r.run_id, r.attempts, r.started_at) for r in find(engine, stage="parse")]
    assert found == [
        ("running", "second", 2, NOON + timedelta(minutes=1)),
        ("running", "first", 1, NOON),
        ("waiting", None, 0, None),
    ]
    ledger.begin(engine, "parse", [], "third", NOON)
    assert [r.run_id for r in find(engine, stage="parse")] == ["second", "first", None]


def test_attempts_are_counted_since_the_item_was_last_done(engine: Engine) -> None:
    ids = recordings(engine, 1)
    for _ in range(6):
        ledger.begin(engine, "parse", ids, "run", NOON)
        ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    ledger.begin(engine, "parse", ids, "killed", NOON)
    assert [(r.state, r.attempts) for r in find(engine, stage="parse")] == [("running", 1)]


def test_beginning_an_archive_leaves_recordings_alone(engine: Engine) -> None:
    ids = recordings(engine, 1)
    archived = archive(engine)
    ledger.begin(engine, "extract", [archived], "run", NOON)
    assert states(engine, "extract") == {archived: "running"}
    assert states(engine) == {ids[0]: "waiting"}


def test_a_result_keeps_attempts_and_replaces_an_earlier_refusal(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.begin(engine, "parse", ids, "run", NOON)
    refuse(engine, ids)
    ledger.finish(engine, "parse", DAY, "again", [result(ids[0])])
    (record,) = find(engine, stage="parse")
    assert (record.state, record.attempts, record.run_id) == ("done", 1, "again")
    assert (record.reason, record.detail, record.evidence) == (None, None, None)


def test_finishing_nothing_changes_nothing(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [])
    assert states(engine) == {ids[0]: "waiting"}


def test_a_partly_done_recording_waits_and_is_not_handed_over(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], "waiting")])
    assert states(engine) == {ids[0]: "waiting"}
    assert states(engine, "compress") == {}


def test_a_downloaded_archive_waits_for_extract(engine: Engine) -> None:
    archived = archive(engine)
    other = archive(engine, digest="c" * 64)
    finished = [result(archived), result(other, "quarantined")]
    ledger.finish(engine, "download", DAY, "run", finished)
    assert states(engine, "download") == {archived: "done", other: "quarantined"}
    assert states(engine, "extract") == {archived: "waiting", other: "waiting"}


def test_an_extracted_archive_is_not_handed_to_parse_itself(engine: Engine) -> None:
    archived = archive(engine)
    ledger.finish(engine, "extract", DAY, "run", [result(archived)])
    assert states(engine, "parse") == {}


def test_the_last_stage_hands_nothing_over(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "load", DAY, "run", [result(ids[0])])
    assert [each.stage for each in find(engine)] == ["parse", "load"]


def test_handing_over_again_leaves_the_state_alone(engine: Engine) -> None:
    ids = recordings(engine, 4)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    refuse(engine, ids[1:2])
    ledger.begin(engine, "parse", ids[2:3], "run", NOON)
    with writing(engine) as connection:
        ledger.hand_over(connection, "parse", DAY, ids, NOON)
    assert list(states(engine).values()) == ["done", "quarantined", "running", "waiting"]


def test_a_repeated_hand_over_repeats_what_is_done_or_refused(engine: Engine) -> None:
    ids = recordings(engine, 5)
    refuse(engine, ids[4:])
    operator = Operator("anna", "cli@ops")
    quarantine.write_off(engine, quarantine.find(engine), operator, reason="lost", at=NOON)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    refuse(engine, ids[1:2])
    ledger.begin(engine, "parse", ids[2:3], "run", NOON)
    with writing(engine) as connection:
        ledger.hand_over(connection, "parse", DAY, ids[1:], NOON, repeat=set(ids))
    assert list(states(engine).values()) == ["done", "waiting", "running", "waiting", "written_off"]


def test_a_changed_input_is_tried_as_often_as_a_new_one(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.begin(engine, "parse", ids, "run", NOON)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    with writing(engine) as connection:
        ledger.hand_over(connection, "parse", DAY, ids, NOON, repeat=ids)
    [record] = find(engine, stage="parse")
    assert (record.state, record.attempts) == ("waiting", 0)


def test_a_hand_over_repeats_only_what_is_handed_over(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    with writing(engine) as connection:
        ledger.hand_over(connection, "parse", DAY, ids[:1], NOON, repeat=ids)
    assert list(states(engine).values()) == ["waiting", "done"]
    assert list(states(engine, "compress").values()) == ["waiting", "waiting"]


def test_a_refusal_withdraws_only_later_stages_of_that_recording(engine: Engine) -> None:
    ids = recordings(engine, 2)
    for stage in ("parse", "compress", "store"):
        ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])
    refuse(engine, ids[:1], "compress")
    assert [each.stage for each in find(engine) if each.id == ids[0]] == ["parse", "compress"]
    assert [each.stage for each in find(engine) if each.id == ids[1]] == [
        "parse", "compress", "store", "ingest",
    ]  # fmt: skip


def test_a_refused_archive_withdraws_no_recording(engine: Engine) -> None:
    ids = recordings(engine, 1)
    refuse_archive(engine, digest="a" * 64)
    assert states(engine) == {ids[0]: "waiting"}


@pytest.mark.slow
def test_more_results_than_fit_into_one_statement_are_saved(engine: Engine) -> None:
    ids = recordings(engine, CHUNK + 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    ledger.finish(engine, "compress", DAY, "run", [result(each) for each in ids])
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    assert set(states(engine, "compress").values()) == {"done"}
    refuse(engine, ids)
    assert states(engine, "compress") == states(engine, "store") == {}


def test_the_table_of_a_stage_is_that_of_its_unit() -> None:
    for stage in ARCHIVE_STAGES:
        assert ledger.stage_table(stage) == (tables.archive_stage, "archive_id")
    for stage in RECORDING_STAGES:
        assert ledger.stage_table(stage) == (tables.recording_stage, "recording_id")
