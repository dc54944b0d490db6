from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, update

from dataflow_health.errors import NotFound
from dataflow_health.storage.ledger import ledger, quarantine, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import CHUNK
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.ledgers import open_ledger
from dataflow_health_tests.storage.ledger.factories import (
    recordings,
    refuse,
    refuse_archive,
    result,
    states,
)
from dataflow_health_tests.storage.query_plans import scans

ANNA = Operator("anna", "cli@ops")


def test_a_refused_recording_is_found_with_its_reason_and_evidence(engine: Engine):
    ids = recordings(engine, 3)
    refuse(engine, ids[:2])
    found = quarantine.find(engine)
    assert [row.id for row in found] == ids[:2]
    assert (found[0].reason, found[0].evidence, found[0].tail) == (
        "no_sync", b"\0", "HB-ZAA",
    )  # fmt: skip


def test_an_archive_without_recordings_is_found_by_the_tail_in_its_name(engine: Engine):
    refuse_archive(engine)
    assert [row.is_archive for row in quarantine.find(engine, tail="HB-ZAA")] == [True]
    assert quarantine.find(engine, tail="HB-ZAB") == []


def test_counts_add_up_over_archives_and_recordings(engine: Engine):
    refuse(engine, recordings(engine, 3))
    refuse_archive(engine)
    counts = {(c.process, c.reason, c.tails): c.failures for c in quarantine.counts(engine)}
    assert counts == {("extract", "crc_error", ()): 1, ("parse", "no_sync", ("HB-ZAA",)): 3}


def test_a_requeued_recording_waits_with_no_attempts_and_keeps_its_evidence(engine: Engine):
    ids = recordings(engine, 1)
    ledger.begin(engine, "parse", ids, "run", NOON)
    refuse(engine, ids)
    done = quarantine.requeue(
        engine, quarantine.find(engine), ANNA, action="replay", reason="fixed", at=NOON
    )
    (row,) = quarantine.find(engine, states=["waiting"])
    assert (done, row.attempts, row.evidence) == (1, 0, b"\0")
    assert [(a.action, a.operator, a.subject) for a in audit_log.read(engine)] == [
        ("replay", "anna", f"parse/{ids[0]}")
    ]


def test_a_record_whose_state_changed_meanwhile_is_left_alone(engine: Engine):
    ids = recordings(engine, 1)
    refuse(engine, ids)
    read = quarantine.find(engine)
    ledger.finish(engine, "parse", DAY, "other", [StageResult(ids[0], "done", "2", NOON, NOON)])
    assert quarantine.write_off(engine, read, ANNA, reason="old", at=NOON) == 0
    assert states(engine) == {ids[0]: "done"}
    assert audit_log.read(engine) == []


def test_a_replay_may_name_another_layout(engine: Engine):
    refuse(engine, recordings(engine, 1))
    quarantine.requeue(
        engine, quarantine.find(engine), ANNA, action="replay", reason="", at=NOON, layout="other"
    )
    assert quarantine.find(engine, states=["waiting"])[0].layout == "other"


def test_an_id_may_be_shortened_while_it_is_unique(engine: Engine):
    ids = recordings(engine, 2)
    refuse(engine, ids)
    assert quarantine.get(engine, ids[1]).id == ids[1]
    with pytest.raises(NotFound, match="2 ids begin with 000000"):
        quarantine.get(engine, "000000")
    with pytest.raises(NotFound, match="too short"):
        quarantine.get(engine, "00")
    with pytest.raises(NotFound, match="nothing in quarantine"):
        quarantine.get(engine, "abcdef")


def test_counts_name_the_aircraft_and_days_of_each_reason(engine: Engine):
    ids = recordings(engine, 4)
    refuse(engine, ids[:2], reason="no_sync")
    refuse(engine, ids[2:], reason="too_short")
    recording, work = tables.recording, tables.recording_stage
    with writing(engine) as connection:
        connection.execute(update(recording).where(recording.c.id == ids[0]).values(tail="HB-ZAB"))
        connection.execute(
            update(work).where(work.c.recording_id == ids[1]).values(arrival_day="2026-11-19")
        )
    found = {each.reason: each for each in quarantine.counts(engine)}
    assert found["no_sync"].tails == ("HB-ZAA", "HB-ZAB")
    assert found["no_sync"].days == (date(2026, 11, 19), date.fromisoformat(DAY))
    assert (found["no_sync"].failures, found["too_short"].failures) == (2, 2)
    assert found["too_short"].process == "parse"


def test_written_off_recordings_are_not_counted(engine: Engine):
    ids = recordings(engine, 2)
    refuse(engine, ids[:1])
    quarantine.write_off(engine, quarantine.find(engine), ANNA, reason="lost", at=NOON)
    assert quarantine.counts(engine) == ()


def test_a_refusal_without_a_reason_is_counted_as_unknown(engine: Engine):
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0], "quarantined")])
    assert [each.reason for each in quarantine.counts(engine)] == ["unknown"]


def test_records_are_found_by_state_stage_day_aircraft_and_prefix(engine: Engine):
    ids = recordings(engine, 2)
    refuse(engine, ids)
    refuse_archive(engine)

    def found(**chosen):
        return [each.id[:4] for each in quarantine.find(engine, **chosen)]

    assert found() == ["0000", "0000", "bbbb"]
    assert found(stage="extract") == ["bbbb"]
    assert found(day="2026-11-19") == []
    assert found(tail="HB-ZAA") == ["0000", "0000", "bbbb"]
    assert found(tail="HB-ZAB") == []
    assert found(prefix="bb") == ["bbbb"]
    assert found(states=["waiting", "done"]) == []


def test_a_written_off_record_keeps_its_attempts_and_is_audited(engine: Engine):
    ids = recordings(engine, 2)
    ledger.begin(engine, "parse", ids, "run", NOON)
    refuse(engine, ids)
    records = quarantine.find(engine)[:1]
    assert quarantine.write_off(engine, records, ANNA, reason="card was wet", at=NOON) == 1
    (record,) = quarantine.find(engine, states=["written_off"])
    assert (record.id, record.attempts) == (ids[0], 1)
    (entry,) = audit_log.read(engine)
    assert (entry.action, entry.reason, entry.at) == ("write_off", "card was wet", NOON)
    assert (entry.operator, entry.origin, entry.succeeded) == ("anna", "cli@ops", True)


def test_archives_and_recordings_are_requeued_at_their_own_stages(engine: Engine):
    ids = recordings(engine, 1)
    refuse(engine, ids)
    refuse_archive(engine)
    records = quarantine.find(engine)
    assert quarantine.requeue(engine, records, ANNA, action="rerun", reason="", at=NOON) == 2
    assert (states(engine, "extract"), states(engine)) == (
        {"b" * 64: "waiting"}, {ids[0]: "waiting"},
    )  # fmt: skip
    assert {each.subject for each in audit_log.read(engine)} == {
        f"extract/{'b' * 64}", f"parse/{ids[0]}",
    }  # fmt: skip


def test_a_layout_changes_only_the_recordings_that_were_requeued(engine: Engine):
    ids = recordings(engine, 3)
    refuse(engine, ids)
    refuse_archive(engine)
    records = [each for each in quarantine.find(engine) if each.id != ids[2]]
    ledger.finish(engine, "parse", DAY, "other", [result(ids[1])])
    quarantine.requeue(
        engine, records, ANNA, action="replay", reason="", at=NOON, layout="generic_twin_512"
    )
    layouts = [each.layout for each in stage_records.find(engine, stage="parse")]
    assert layouts == ["generic_twin_512", None, None]


def test_a_requeue_without_a_layout_leaves_the_layout_alone(engine: Engine):
    refuse(engine, recordings(engine, 1))
    for layout in ("generic_twin_512", None):
        records = quarantine.find(engine, states=["quarantined", "waiting"])
        quarantine.requeue(
            engine, records, ANNA, action="replay", reason="", at=NOON, layout=layout
        )
    (record,) = quarantine.find(engine, states=["waiting"])
    assert record.layout == "generic_twin_512"


@pytest.mark.slow
def test_more_records_than_fit_into_one_statement_are_requeued(engine: Engine):
    refuse(engine, recordings(engine, CHUNK + 1))
    records = quarantine.find(engine)
    assert (
        quarantine.requeue(engine, records, ANNA, action="rerun", reason="", at=NOON) == CHUNK + 1
    )
    assert set(states(engine).values()) == {"waiting"}


def test_an_id_is_looked_up_in_the_given_states_and_in_any_case(engine: Engine):
    refuse_archive(engine)
    assert quarantine.get(engine, "B" * 6).id == "b" * 64
    with pytest.raises(NotFound, match="nothing in quarantine"):
        quarantine.get(engine, "b" * 6, ["written_off"])
    quarantine.write_off(engine, quarantine.find(engine), ANNA, reason="lost", at=NOON)
    assert quarantine.get(engine, "b" * 6).state == "written_off"


ACTION = st.tuples(
    st.sampled_from(["done", "refuse", "requeue", "write_off", "replay_written_off"]),
    st.sampled_from(RECORDING_STAGES[:3]),
    st.integers(0, 3),
)


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """One SQLite ledger for many examples; every example empties it."""
    engine = open_ledger(f"sqlite:///{tmp_path_factory.mktemp('q') / 'l.sqlite'}")
    yield engine
    engine.dispose()


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(actions=st.lists(ACTION, max_size=25))
def test_the_counts_balance_after_any_actions_of_operators_and_stages(used, actions):
    engine = used
    with writing(engine) as connection:
        for table in tables.metadata.tables.values():
            connection.execute(delete(table))
    ids = recordings(engine, 4)
    for number, (action, stage, which) in enumerate(actions):
        at = NOON + timedelta(seconds=number)
        known = states(engine, stage)
        if ids[which] not in known:
            continue
        here = [
            row
            for row in quarantine.find(engine, states=[known[ids[which]]], stage=stage)
            if row.id == ids[which]
        ]
        match action:
            case "done" if known[ids[which]] != "written_off":
                ledger.finish(engine, stage, DAY, "run", [
                    StageResult(ids[which], "done", "1", at, at, output_digest=str(number))
                ])  # fmt: skip
            case "refuse" if known[ids[which]] != "written_off":
                refuse(engine, [ids[which]], stage)
            case "requeue" if known[ids[which]] == "quarantined":
                quarantine.requeue(engine, here, ANNA, action="rerun", reason="", at=at)
            case "write_off" if known[ids[which]] == "quarantined":
                quarantine.write_off(engine, here, ANNA, reason="lost", at=at)
            case "replay_written_off" if known[ids[which]] == "written_off":
                quarantine.requeue(engine, here, ANNA, action="replay", reason="", at=at)
        unbalanced = [a for a in stage_counts(engine, NOON) if not a.balances]
        assert unbalanced == []


def test_the_history_is_not_read_for_what_is_in_quarantine(engine: Engine) -> None:
    refuse(engine, recordings(engine, 2)[:1])
    if engine.dialect.name == "sqlite":
        assert "recording_stage" not in scans(engine, lambda: quarantine.find(engine))
        assert "recording_stage" not in scans(engine, lambda: quarantine.counts(engine))
