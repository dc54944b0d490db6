import pytest
from sqlalchemy import Engine

from dataflow_health.storage.ledger import ledger, pending, quarantine
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.ledger.pending import PendingRecording
from dataflow_health.storage.records.audit_log import Operator
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import (
    archive,
    arrive_an_hour_earlier,
    pending_ids,
    recordings,
    refuse,
    refuse_archive,
    result,
)


def of_code(version: str):
    return lambda _pending: version


def test_the_first_recording_stage_has_no_input(engine: Engine) -> None:
    ids = recordings(engine, 1)
    (found,) = pending.recordings(engine, "parse", DAY, of_code("1"))
    assert found == PendingRecording(
        id=ids[0], recorder="generic_rdf", layout=None, tail="HB-ZAA", named_tail=None,
        named_started_at=None, size_bytes=10, arrival_day=DAY, arrived_at=NOON, state="waiting",
        code_version=None, input_path="", input_digest="", input_file_digest="", input_rows=0,
        input_measurements={},
    )  # fmt: skip


def test_a_later_stage_gets_the_output_of_the_stage_before(engine: Engine) -> None:
    ids = recordings(engine, 2)
    parsed = StageResult(
        ids[0], "done", "1", NOON, NOON, rows_out=7, output_path="parse/x", output_digest="d",
        measurements={"lost_s": 3},
    )  # fmt: skip
    ledger.finish(engine, "parse", DAY, "run", [parsed])
    (found,) = pending.recordings(engine, "compress", DAY, of_code("1"))
    assert (found.id, found.input_path, found.input_digest) == (ids[0], "parse/x", "d")
    assert found.input_file_digest == "d"
    assert (found.input_rows, found.input_measurements) == (7, {"lost_s": 3})


def test_a_file_of_several_recordings_has_a_digest_of_its_own(engine: Engine) -> None:
    ids = recordings(engine, 2)
    for each in ids:
        done = StageResult(
            each, "done", "1", NOON, NOON, output_path="shared", output_digest=each, file_digest="f"
        )
        ledger.finish(engine, "ingest", DAY, "run", [done])
    ledger.replace_file_digest(engine, "ingest", DAY, "other", "o")
    ledger.replace_file_digest(engine, "ingest", DAY, "shared", "g")
    found = pending.recordings(engine, "analyse", DAY, of_code("1"))
    assert [each.input_file_digest for each in found] == ["g", "g"]
    assert [each.input_digest for each in found] == ids


def test_a_recording_without_its_input_is_left_out(engine: Engine) -> None:
    ids = recordings(engine, 1)
    with writing(engine) as connection:
        ledger.hand_over(connection, "store", DAY, ids, NOON)
    assert pending_ids(engine, "store") == []


def test_finished_work_is_pending_for_other_code_only(engine: Engine) -> None:
    ids = recordings(engine, 2)
    refuse(engine, ids[:1])
    ledger.finish(engine, "parse", DAY, "run", [result(ids[1], version="1")])
    assert pending_ids(engine, "parse", version="1") == []
    assert pending_ids(engine, "parse", version="2") == ids


def test_the_code_version_may_depend_on_the_recording(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    found = pending.recordings(engine, "parse", DAY, lambda row: "1" if row.id == ids[0] else "2")
    assert [each.id for each in found] == [ids[1]]


def test_forced_work_includes_what_is_finished_but_nothing_given_up(engine: Engine) -> None:
    ids = recordings(engine, 3)
    refuse(engine, ids[:1])
    operator = Operator("anna", "cli@ops")
    quarantine.write_off(engine, quarantine.find(engine), operator, reason="lost", at=NOON)
    ledger.finish(engine, "parse", DAY, "run", [result(ids[1])])
    found = pending.recordings(engine, "parse", DAY, of_code("1"), force=True)
    assert [each.id for each in found] == ids[1:]


def test_only_the_chosen_ids_are_pending(engine: Engine) -> None:
    ids = recordings(engine, 3)

    def chosen(only: list[str]) -> list[str]:
        found = pending.recordings(engine, "parse", DAY, of_code("1"), only=only)
        return [each.id for each in found]

    assert chosen(ids[1:]) == ids[1:]
    assert chosen([]) == []


@pytest.mark.parametrize(("stage", "day"), [("compress", DAY), ("parse", "2026-11-21")])
def test_other_stages_and_days_are_not_pending(engine: Engine, stage: str, day: str) -> None:
    recordings(engine, 1)
    assert pending.recordings(engine, stage, day, of_code("1")) == []


def test_the_oldest_arrival_is_first(engine: Engine) -> None:
    ids = recordings(engine, 3)
    arrive_an_hour_earlier(engine, ids[2])
    assert pending_ids(engine, "parse") == [ids[2], ids[0], ids[1]]


def test_archives_wait_and_are_pending_again_for_other_code(engine: Engine) -> None:
    first = archive(engine, digest="b" * 64)
    refuse_archive(engine, "HB-ZAB_1.zip", "c" * 64)
    (found,) = pending.archives(engine, "extract", DAY, of_code("1"))
    assert found == (first, "HB-ZAA_1.zip", "download/b.zip", DAY, NOON, "waiting", None)
    assert len(pending.archives(engine, "extract", DAY, of_code("2"))) == 2
    assert len(pending.archives(engine, "extract", DAY, of_code("1"), force=True)) == 2
    assert pending.archives(engine, "extract", DAY, of_code("1"), only=["c" * 64]) == []
    assert pending.archives(engine, "download", DAY, of_code("1")) == []
