from dataclasses import replace

import pytest
from sqlalchemy import Engine, event

from dataflow_health.errors import NotAllowed, NotFound
from dataflow_health.operations import rebuild
from dataflow_health.storage.ledger import ledger, quarantine, stage_records
from dataflow_health.storage.ledger.conservation import stage_counts
from dataflow_health.storage.ledger.stage_order import RECORDING_STAGES
from dataflow_health.storage.records import audit_log
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql import locks
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import (
    archive,
    pending_ids,
    recordings,
    refuse,
    result,
    states,
)

ANNA = Operator("anna", "cli@ops")


def land(engine: Engine, count: int) -> list[str]:
    archive(engine, digest="a" * 64)
    return recordings(engine, count)


def finish(engine: Engine, ids: list[str], *stages: str) -> None:
    for stage in stages:
        ledger.finish(engine, stage, DAY, "run", [result(each) for each in ids])


def begin(engine: Engine, id_: str, stage: str) -> int:
    return rebuild.begin(engine, rebuild.plan(engine, id_, stage), ANNA, reason="", at=NOON)


def test_one_recording_waits_at_the_stage_and_all_later_ones(engine: Engine) -> None:
    ids = land(engine, 2)
    finish(engine, ids, "parse", "compress", "store")
    assert begin(engine, ids[0], "compress") == 3
    for stage in ("compress", "store", "ingest"):
        assert ids[0] in pending_ids(engine, stage)
    assert states(engine, "parse") == dict.fromkeys(ids, "done")
    assert states(engine, "compress") == {ids[0]: "waiting", ids[1]: "done"}
    assert all(
        each.balances for each in stage_counts(engine, NOON) if each.process in RECORDING_STAGES
    )
    assert {each.action for each in audit_log.read(engine)} == {"rebuild"}


def test_analyse_keeps_no_result_of_the_recording(engine: Engine) -> None:
    ids = land(engine, 1)
    finish(engine, ids, "parse", "compress", "store", "ingest")
    made = replace(result(ids[0]), measurements={"input_digest": "d1"})
    ledger.finish(engine, "analyse", DAY, "run", [made])
    begin(engine, ids[0], "parse")
    [record] = stage_records.find(engine, stage="analyse", day=DAY)
    assert (record.state, record.measurements) == ("waiting", {})


def test_no_run_sees_a_recording_that_waits_and_still_has_its_results(engine: Engine) -> None:
    ids = land(engine, 1)
    finish(engine, ids, "parse", "compress", "store", "ingest", "analyse")
    records = rebuild.plan(engine, ids[0], "analyse")
    commits: list[object] = []
    event.listen(engine, "commit", commits.append)
    rebuild.begin(engine, records, ANNA, reason="", at=NOON)
    assert len(commits) == 1


def test_what_cannot_be_made_again_is_refused_with_the_reason(engine: Engine) -> None:
    ids = land(engine, 2)
    with pytest.raises(NotFound, match="no recording's id begins with 'abcdef'"):
        rebuild.plan(engine, "abcdef", "parse")
    with pytest.raises(NotAllowed, match="has not reached store, only parse"):
        rebuild.plan(engine, ids[1], "store")
    ledger.begin(engine, "parse", ids[1:], "run", NOON)
    assert rebuild.plan(engine, ids[1], "parse")


def test_what_was_written_off_is_refused(engine: Engine) -> None:
    ids = land(engine, 1)
    refuse(engine, ids)
    records = stage_records.find(engine, stage="parse")
    quarantine.write_off(engine, records, ANNA, reason="", at=NOON)
    with pytest.raises(NotAllowed, match="written off at parse"):
        rebuild.plan(engine, ids[0], "parse")


def test_what_a_run_is_at_work_on_is_refused(engine: Engine) -> None:
    ids = land(engine, 1)
    ledger.begin(engine, "parse", ids, "run", NOON)
    with (
        locks.acquire(engine, locks.stage_lock("parse", DAY)),
        pytest.raises(NotAllowed, match="is being processed by parse"),
    ):
        rebuild.plan(engine, ids[0], "parse")
