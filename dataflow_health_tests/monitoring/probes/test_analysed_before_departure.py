from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import recordings, refuse_archive

CHECK = {"kind": "analysed_before_departure", "departs_within": "PT2H"}


def test_an_aircraft_that_departs_soon_needs_its_results(
    tmp_path: Path, engine: Engine, environment: Mapping[str, str]
) -> None:
    recordings(engine, 3)
    schedule = tmp_path / "schedule.csv"
    schedule.write_text(
        "tail,departs_at\nHB-ZAA,2026-11-20T13:30Z\nHB-ZAA,2026-11-21T13:30Z\n"
        "HB-ZAB,2026-11-20T12:30Z\n"
    )
    known = {**environment, "DATAFLOW_HEALTH_SCHEDULE_URL": str(schedule)}
    near = probe(CHECK, known)
    assert near.outcome == "failed"
    assert "HB-ZAA departs 13:30Z with 3 without results" in near.detail
    assert "HB-ZAB" not in near.detail
    assert probe(CHECK | {"departs_within": "PT1H"}, known).outcome == "passed"


def test_without_a_schedule_the_check_is_unknown(environment: Mapping[str, str]) -> None:
    result = probe(CHECK, environment)
    assert (result.outcome, "no departure is known" in result.detail) == ("unknown", True)


def test_an_archive_that_cannot_be_opened_counts_for_the_aircraft_in_its_name(
    tmp_path: Path, engine: Engine, environment: Mapping[str, str]
) -> None:
    refuse_archive(engine, "HB-ZAB_1.zip")
    schedule = tmp_path / "schedule.csv"
    schedule.write_text("tail,departs_at\nHB-ZAA,2026-11-20T12:30Z\nHB-ZAB,2026-11-20T12:30Z\n")
    result = probe(CHECK, {**environment, "DATAFLOW_HEALTH_SCHEDULE_URL": str(schedule)})
    assert result.outcome == "failed"
    assert "(1: HB-ZAB departs 12:30Z with 1 without results)" in result.detail
