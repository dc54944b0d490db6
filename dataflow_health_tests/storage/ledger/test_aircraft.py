import pytest
from sqlalchemy import Engine, update

from dataflow_health.storage.ledger import aircraft
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.storage.ledger.factories import archive, recordings


def test_a_recording_stage_gives_the_recordings_of_the_aircraft(engine: Engine) -> None:
    ids = recordings(engine, 3)
    table = tables.recording
    with writing(engine) as connection:
        connection.execute(update(table).where(table.c.id == ids[1]).values(tail="HB-ZAB"))
    assert aircraft.ids(engine, "parse", DAY, "HB-ZAA") == (ids[0], ids[2])
    assert aircraft.ids(engine, "parse", DAY, "HB-ZAB") == (ids[1],)
    assert aircraft.ids(engine, "compress", DAY, "HB-ZAA") == ()
    assert aircraft.ids(engine, "parse", "2026-11-21", "HB-ZAA") == ()


def test_an_archive_belongs_to_an_aircraft_by_its_name(engine: Engine) -> None:
    named = archive(engine, "HB-ZAA_1.zip", "b" * 64)
    archive(engine, "upload.zip", "c" * 64)
    assert aircraft.ids(engine, "extract", DAY, "HB-ZAA") == (named,)
    assert aircraft.ids(engine, "extract", DAY, "HB-ZAB") == ()
    assert aircraft.ids(engine, "download", DAY, "HB-ZAA") == ()


def test_an_archive_belongs_to_the_aircraft_of_its_recordings(engine: Engine) -> None:
    recordings(engine, 1)
    unnamed = archive(engine, "upload.zip", "a" * 64)
    assert aircraft.ids(engine, "extract", DAY, "HB-ZAA") == (unnamed,)


def test_a_tail_is_not_a_pattern(engine: Engine) -> None:
    archive(engine, "HB-ZAA_1.zip")
    assert aircraft.ids(engine, "extract", DAY, "HB_ZAA") == ()
    assert aircraft.ids(engine, "extract", DAY, "%") == ()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("HB-ZAA_20261120T121954Z.zip", True), ("upload HB-ZAA.zip", True),
        ("HB-ZAAB_1.zip", False), ("XHB-ZAA.zip", False), ("upload.zip", False),
    ],
)  # fmt: skip
def test_an_archive_is_named_for_a_whole_tail(name: str, expected: bool) -> None:
    assert aircraft.is_named_for(name, "HB-ZAA") is expected
    assert not aircraft.is_named_for(name, "")
