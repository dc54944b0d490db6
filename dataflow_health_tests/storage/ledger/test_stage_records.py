from dataclasses import fields
from datetime import timedelta

from sqlalchemy import Engine

from dataflow_health.storage.ledger import ledger, stage_records
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import (
    archive,
    arrive_an_hour_earlier,
    recordings,
    refuse,
    result,
)

FULL = StageResult(
    id="0" * 64, state="quarantined", code_version="7", started_at=NOON,
    finished_at=NOON + timedelta(seconds=3), reason="no_sync", detail="no sync word",
    byte_offset=4, frame=5, evidence=b"\1", bytes_in=10, bytes_out=20, rows_in=30, rows_out=40,
    output_path="parse/x", output_digest="e" * 64, file_digest="f" * 64,
    measurements={"ratio": 0.5},
)  # fmt: skip


def test_every_field_of_a_result_comes_back(engine: Engine) -> None:
    recordings(engine, 1)
    archive(engine, digest="a" * 64)
    ledger.begin(engine, "parse", [FULL.id], "run-1", NOON)
    ledger.finish(engine, "parse", DAY, "run-2", [FULL])
    (record,) = stage_records.find(engine, stage="parse")
    for name in (field.name for field in fields(FULL)):
        assert getattr(record, name) == getattr(FULL, name), name
    assert (record.stage, record.arrival_day, record.run_id) == ("parse", DAY, "run-2")
    assert (record.attempts, record.arrived_at, record.size_bytes) == (1, NOON, 10)
    assert (record.tail, record.member, record.recorder) == ("HB-ZAA", "0.rdf", "generic_rdf")
    assert (record.archive, record.archive_path) == ("HB-ZAA_1.zip", "download/b.zip")
    assert (record.source, record.layout, record.is_archive) == ("landing", None, False)


def test_an_archive_has_no_aircraft_or_member(engine: Engine) -> None:
    archive(engine)
    (record,) = stage_records.find(engine)
    assert (record.id, record.stage, record.state) == ("b" * 64, "extract", "waiting")
    assert (record.tail, record.member, record.recorder, record.layout) == ("", "", "", None)
    assert (record.archive, record.archive_path) == ("HB-ZAA_1.zip", "download/b.zip")
    assert (record.source, record.size_bytes, record.is_archive) == ("landing", 9, True)
    assert (record.output_path, record.measurements, record.attempts) == ("", {}, 0)


def test_a_waiting_recording_has_no_output_and_no_measurements(engine: Engine) -> None:
    recordings(engine, 1)
    (record,) = stage_records.find(engine)
    assert (record.output_path, record.measurements, record.attempts) == ("", {}, 0)


def test_a_recording_whose_archive_is_unknown_is_still_found(engine: Engine) -> None:
    recordings(engine, 1)
    (record,) = stage_records.find(engine)
    assert (record.archive, record.archive_path, record.source) == (None, None, None)


def test_records_are_found_by_stage_day_and_state(engine: Engine) -> None:
    ids = recordings(engine, 3)
    archived = archive(engine)
    refuse(engine, ids[:1])
    ledger.finish(engine, "parse", DAY, "run", [result(ids[1])])

    def found(**chosen: object) -> list[tuple[str, str]]:
        return [(each.id, each.stage) for each in stage_records.find(engine, **chosen)]  # type: ignore[arg-type]

    assert found(stage="parse") == [(each, "parse") for each in ids]
    assert found(stage="extract") == [(archived, "extract")]
    assert found(states=["quarantined"]) == [(ids[0], "parse")]
    assert found(states=["done", "quarantined"]) == [(ids[0], "parse"), (ids[1], "parse")]
    assert found(stage="compress", day=DAY, states=["waiting"]) == [(ids[1], "compress")]
    assert found(day="2026-11-21") == []
    assert len(found(day=DAY)) == len(found()) == 5


def test_records_come_by_arrival_then_id_then_stage(engine: Engine) -> None:
    ids = recordings(engine, 3)
    arrive_an_hour_earlier(engine, ids[2])
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    found = [(each.id, each.stage) for each in stage_records.find(engine)]
    assert found == [(i, stage) for i in (ids[2], *ids[:2]) for stage in ("parse", "compress")]


def test_a_recording_is_followed_from_its_archive_to_its_last_stage(engine: Engine) -> None:
    ids = recordings(engine, 2)
    archived = archive(engine, digest="a" * 64)
    archive(engine, digest="c" * 64)
    ledger.finish(engine, "parse", DAY, "run", [result(each) for each in ids])
    found = stage_records.of_recording(engine, ids[0], archived)
    assert [(each.id, each.stage) for each in found] == [
        (archived, "extract"), (ids[0], "parse"), (ids[0], "compress"),
    ]  # fmt: skip
