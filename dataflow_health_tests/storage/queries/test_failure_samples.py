from sqlalchemy import Engine

from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.ledger import StageResult
from dataflow_health.storage.queries import failure_samples
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import (
    archive,
    recordings,
    refuse,
    refuse_archive,
    result,
)


def parsed(id_: str, firmware: str, *warnings: str) -> StageResult:
    measurements = {
        "software_version": firmware, "remarks": [{"check": each} for each in warnings],
    }  # fmt: skip
    return StageResult(id_, "done", "7", NOON, NOON, output_digest="d", measurements=measurements)


def test_a_sound_recording_is_a_sample_with_its_warnings(engine: Engine) -> None:
    ids = recordings(engine, 2)
    archive(engine, digest="a" * 64)
    finished = [parsed(ids[0], "4.12", "values_in_range"), parsed(ids[1], "4.13")]
    ledger.finish(engine, "parse", DAY, "run", finished)
    warned, sound = sorted(failure_samples.read(engine, "parse", [DAY]))
    assert (warned.id, warned.arrived_at) == (ids[0], NOON)
    assert (warned.reasons, sound.reasons) == ({"values_in_range"}, frozenset())
    assert warned.attributes == {
        "tail": "HB-ZAA", "recorder": "generic_rdf", "code_version": "7", "source": "landing",
        "archive": "HB-ZAA_1.zip", "hour": "2026-11-20 12h UTC", "firmware": "4.12",
    }  # fmt: skip


def test_a_refused_recording_has_its_reason_code(engine: Engine) -> None:
    refuse(engine, recordings(engine, 1))
    (sample,) = failure_samples.read(engine, "parse", [DAY])
    assert sample.reasons == {"no_sync"}


def test_firmware_found_by_parse_explains_later_stages_too(engine: Engine) -> None:
    ids = recordings(engine, 1)
    ledger.finish(engine, "parse", DAY, "run", [parsed(ids[0], "4.12")])
    refuse(engine, ids, "compress", "not_bit_exact")
    (sample,) = failure_samples.read(engine, "compress", [DAY])
    assert (sample.reasons, sample.attributes["firmware"]) == ({"not_bit_exact"}, "4.12")


def test_an_archive_has_no_aircraft_or_firmware(engine: Engine) -> None:
    refuse_archive(engine)
    (sample,) = failure_samples.read(engine, "extract", [DAY])
    assert sample.reasons == {"crc_error"}
    assert set(sample.attributes) == {"code_version", "source", "hour"}


def test_unfinished_recordings_and_other_days_are_no_samples(engine: Engine) -> None:
    ids = recordings(engine, 2)
    ledger.begin(engine, "parse", ids[:1], "run", NOON)
    assert failure_samples.read(engine, "parse", [DAY]) == []
    ledger.finish(engine, "parse", DAY, "run", [result(ids[0])])
    assert len(failure_samples.read(engine, "parse", ["2026-11-19", DAY])) == 1
    assert failure_samples.read(engine, "parse", ["2026-11-19"]) == []
