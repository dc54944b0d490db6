from datetime import timedelta
from pathlib import Path

import pytest
from loguru import logger

from dataflow_health.health.observation import Observation
from dataflow_health.stages import download
from dataflow_health.stages.checks import registry
from dataflow_health.stages.checks.check import Thresholds
from dataflow_health.stages.checks.registry import CHECK_FUNCTIONS
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.sql import tables
from dataflow_health_tests.factories import DAY, NOON, catalogue, land, stage_request, zipped
from dataflow_health_tests.stages.processed_day import ProcessedDay

pytestmark = pytest.mark.spark


def thresholds(landing: Path) -> Thresholds:
    return Thresholds(str(landing), timedelta(hours=1), 0.0001)


def answers(here: Dependencies, landing: Path, stage: str) -> dict[str, Observation]:
    limits = thresholds(landing)
    declared = here.catalogue
    found = registry.evaluate(declared, here.engine, here.lake, limits, stage, DAY, NOON)
    return {each.check: each for each in found}


def test_every_declared_check_of_a_stage_has_a_question_and_every_question_a_declaration() -> None:
    declared = {
        (stage, each.name)
        for stage in STAGES
        for each in catalogue().processes[stage].checks
        if each.kind == "asset_check"
    }
    assert declared == set(CHECK_FUNCTIONS)


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "parse"])
def test_a_good_day_passes_every_check(day: ProcessedDay, stage: str) -> None:
    failed = {
        name: each.detail
        for name, each in answers(day.deps, day.landing, stage).items()
        if each.outcome != "passed"
    }
    assert failed == {}


def test_only_the_check_that_names_the_dead_card_fails(day: ProcessedDay) -> None:
    found = answers(day.deps, day.landing, "parse")
    failed = [name for name, each in found.items() if each.outcome == "failed"]
    assert failed == ["frames_in_sync"]
    item = found["frames_in_sync"].evidence[0]
    assert (item.tail, item.reason, item.byte_offset) == ("HB-ZAB", "zero_filled", 0)
    assert item.hex.startswith("00 00")


def test_a_finding_that_vanished_from_sql_is_noticed(day: ProcessedDay) -> None:
    table = tables.finding
    with day.deps.engine.connect() as connection:
        connection.execute(table.delete().where(table.c.severity == "warning"))
        connection.execute(table.delete().where(table.c.severity == "alert"))
        connection.commit()
    found = answers(day.deps, day.landing, "load")["rows_landed"]
    assert found.outcome == "failed"
    assert found.evidence[0].expected.endswith("findings")
    from dataflow_health.stages import load

    load.run(day.deps, stage_request(force=True))
    assert answers(day.deps, day.landing, "load")["rows_landed"].outcome == "passed"


def test_a_missing_source_is_noticed(here: Dependencies, tmp_path: Path) -> None:
    found = answers(here, tmp_path / "nowhere", "download")
    assert found["source_reachable"].outcome == "failed"


def test_a_sidecar_that_disagrees_fails_its_check_only(here: Dependencies, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    at = NOON - timedelta(hours=1)
    land(landing, "a.zip", zipped({"a.rdf": b"x"}), at)
    land(landing, "a.zip.sha256", b"0" * 64, at)
    download.run(here, stage_request(), url=str(landing), settle_s=0)
    failed = [
        n for n, each in answers(here, landing, "download").items() if each.outcome == "failed"
    ]
    assert failed == ["sidecar_digests_hold"]


def test_each_check_has_a_line_in_the_log_with_duration_and_result(
    here: Dependencies, tmp_path: Path
) -> None:
    lines: list[str] = []
    sink = logger.add(lambda message: lines.append(message.record["message"]), level="INFO")
    found = answers(here, tmp_path, "extract")
    logger.remove(sink)
    assert len(lines) == len(found)
    for line, (name, result) in zip(lines, found.items(), strict=True):
        begins = f"check extract.{name} of {DAY}: {result.outcome} in "
        assert line.startswith(begins)
