from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Engine

from dataflow_health_tests.monitoring.probes.probing import probe
from dataflow_health_tests.storage.ledger.factories import recordings

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
