from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from dataflow_health.errors import NotFound
from dataflow_health.operations.readiness import aircraft_readiness, fleet_readiness
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.installation import NOW
from dataflow_health_tests.storage.ledger.factories import recordings, refuse_archive
from dataflow_health_tests.storage.queries.test_readiness import load


def test_the_answer_shows_the_alerts_of_the_newest_recordings(engine: Engine) -> None:
    (id_,) = recordings(engine, 1)
    load(engine, [id_])
    finding = {
        "recording_id": id_, "tail": "HB-ZAA", "arrival_day": DAY, "algorithm": "torque",
        "number": 0, "severity": "alert", "start_s": 5.0, "end_s": 6.0, "detail": "112 %",
    }  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(tables.finding).values(**finding))
    found = aircraft_readiness(engine, "HB-ZAA")
    assert (found.ready, [each.algorithm for each in found.alerts]) == (True, ["torque"])


def test_an_aircraft_whose_only_archive_is_refused_is_known_by_its_name(engine: Engine) -> None:
    refuse_archive(engine, "HB-ZAB_1.zip")
    assert "HB-ZAB_1.zip is quarantined" in aircraft_readiness(engine, "HB-ZAB").reason


@pytest.mark.parametrize("tail", ["HB-ZZZ", "HB-ZA", "", "%"])
def test_an_unknown_aircraft_is_an_error_with_the_known_ones(engine: Engine, tail: str) -> None:
    recordings(engine, 1)
    refuse_archive(engine, "upload.zip")
    with pytest.raises(NotFound, match=r"aircraft: HB-ZAA$"):
        aircraft_readiness(engine, tail)


def test_the_aircraft_that_departs_first_comes_first(engine: Engine, tmp_path: Path) -> None:
    recordings(engine, 1)
    schedule = tmp_path / "schedule.csv"
    schedule.write_text(
        "tail,departs_at\nHB-ZZZ,2026-11-20T14:00Z\nHB-ZAA,2026-11-20T13:00Z\n", encoding="utf-8"
    )
    found = fleet_readiness(engine, str(schedule), NOW)
    assert [(each.tail, each.ready) for each in found.aircraft] == [
        ("HB-ZAA", False), ("HB-ZZZ", False),
    ]  # fmt: skip
    assert found.aircraft[0].departs_at == datetime(2026, 11, 20, 13, tzinfo=UTC)
    assert found.schedule_error == ""


def test_a_schedule_that_cannot_be_read_is_named_beside_the_aircraft(engine: Engine) -> None:
    recordings(engine, 1)
    found = fleet_readiness(engine, "/nowhere/schedule.csv", NOW)
    assert "cannot be read" in found.schedule_error
    assert [each.departs_at for each in found.aircraft] == [None]
