from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete

from dataflow_health.errors import NotFound
from dataflow_health.storage.ledger import ledger, quarantine
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import database, tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import (
    recordings,
    refuse,
    refuse_archive,
    states,
)

ANNA = Operator("anna", "cli@ops")


def test_what_was_refused_is_found_with_its_reason_and_evidence(engine: Engine):
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


def test_the_tally_adds_up_over_archives_and_recordings(engine: Engine):
    refuse(engine, recordings(engine, 3))
    refuse_archive(engine)
    counts = {(c.process, c.reason, c.tails): c.failures for c in quarantine.counts(engine)}
    assert counts == {("extract", "crc_error", ()): 1, ("parse", "no_sync", ("HB-ZAA",)): 3}


def test_a_requeued_thing_waits_with_fresh_attempts_and_keeps_its_evidence(engine: Engine):
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


def test_what_changed_since_it_was_read_is_left_alone(engine: Engine):
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


def test_an_id_may_be_shortened_until_it_is_not_clear(engine: Engine):
    ids = recordings(engine, 2)
    refuse(engine, ids)
    assert quarantine.get(engine, ids[1]).id == ids[1]
    with pytest.raises(NotFound, match="2 ids begin with 000000"):
        quarantine.get(engine, "000000")
    with pytest.raises(NotFound, match="too short"):
        quarantine.get(engine, "00")
    with pytest.raises(NotFound, match="nothing in quarantine"):
        quarantine.get(engine, "abcdef")


ACTION = st.tuples(
    st.sampled_from(["done", "refuse", "requeue", "write_off", "replay_written_off"]),
    st.sampled_from(RECORDING_STAGES[:3]),
    st.integers(0, 3),
)


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """One SQLite ledger for many examples; every example empties it."""
    engine = database.connect(f"sqlite:///{tmp_path_factory.mktemp('q') / 'l.sqlite'}")
    database.upgrade(engine)
    yield engine
    engine.dispose()


@settings(max_examples=60, deadline=None)
@given(actions=st.lists(ACTION, max_size=25))
def test_whatever_operators_and_stages_do_the_account_balances(used, actions):
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
