"""The pipeline as Dagster runs it, in this process, on a real instance."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from dataflow_health import definitions, wiring
from dataflow_health.operations import dagster_home, due_days, owed
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.jobs import in_process
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import arrivals
from dataflow_health.settings import Settings, adopt
from dataflow_health.storage.queries import outdated_recordings, owed_recordings
from dataflow_health.storage.sql import tables
from dataflow_health.storage.sql.database import writing
from dataflow_health.storage.sql.statements import fetch
from dataflow_health_tests.factories import DAY, zipped
from dataflow_health_tests.stages import processed_day

pytestmark = pytest.mark.spark

CHECKS = 32
"""Checks of the eight stages."""


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """An installation with one sound flight and one dead card in its landing folder."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("running")
        patch.setenv("DATAFLOW_HEALTH_HOME", str(home))
        patch.setenv("DAGSTER_HOME", str(home / "dagster"))
        made = adopt(home)
        dagster_home.prepare(made)
        name, _, raw = processed_day.make_flight("HB-ZAA", 6, 1)
        dead = {"HB-ZAB_20261120T090000Z.rdf": bytes(50_000)}
        archives = {f"{name}.zip": {f"{name}.rdf": raw}, "HB-ZAB_20261120T093000Z.zip": dead}
        processed_day.land_archives(Path(made.source_url), archives)
        yield made


@pytest.fixture(scope="module")
def opened(chosen: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.get() as found:
        yield found


@pytest.fixture(scope="module")
def failed(chosen: Settings, opened: dg.DagsterInstance) -> list[str]:
    """Days whose run failed, after everything due was run."""
    begun: list[str] = []
    days = due_days.find(wiring.dependencies(chosen), chosen)
    return in_process.run_days(definitions.build(), opened, days, begun.append)


def test_a_bad_recording_does_not_fail_the_run(failed: list[str]) -> None:
    assert failed == []


def test_every_asset_of_every_stage_is_materialised_for_the_day(
    failed: list[str], chosen: Settings, opened: dg.DagsterInstance
) -> None:
    algorithms = wiring.dependencies(chosen).catalogue.algorithms
    keys = [*STAGE_KEYS.values(), *(algorithm_key(name) for name in algorithms)]
    assert {key for key in keys if opened.get_materialized_partitions(key) != {DAY}} == set()


def test_what_is_done_is_not_due_again(failed: list[str], chosen: Settings) -> None:
    assert due_days.find(wiring.dependencies(chosen), chosen) == []


def test_the_numbers_of_a_stage_are_metadata_that_the_ui_can_plot(
    failed: list[str], opened: dg.DagsterInstance
) -> None:
    event = opened.get_latest_materialization_event(STAGE_KEYS["parse"])
    assert event is not None
    made = event.asset_materialization
    assert made is not None
    numbers = {
        key: value.value for key, value in made.metadata.items() if key in {"done", "quarantined"}
    }
    assert numbers == {"done": 1, "quarantined": 1}


def test_an_answer_of_every_check_is_kept_for_the_day(failed: list[str], chosen: Settings) -> None:
    table = tables.observation
    kept = fetch(
        wiring.dependencies(chosen).engine,
        table.select().where(table.c.arrival_day == DAY, table.c.check_name != "step"),
    )
    assert len(kept) == CHECKS
    assert {row.check_name for row in kept if row.outcome == "failed"} == {"frames_in_sync"}


def test_the_sensor_asks_for_a_run_a_day_with_news_and_then_for_none(
    failed: list[str], chosen: Settings, opened: dg.DagsterInstance
) -> None:
    def tick() -> dg.SensorResult | dg.SkipReason:
        context = dg.build_sensor_context(instance=opened)
        found = arrivals.arrivals(context, pipeline=PipelineResource())
        assert isinstance(found, dg.SensorResult | dg.SkipReason)
        return found

    assert isinstance(tick(), dg.SkipReason)
    at = datetime.now(UTC) - timedelta(hours=1)
    news = Path(chosen.source_url) / "news.zip"
    news.write_bytes(zipped({"HB-ZAA_20261121T060000Z.rdf": b"x"}))
    os.utime(news, (at.timestamp(), at.timestamp()))
    asked = tick()
    assert isinstance(asked, dg.SensorResult)
    assert [r.partition_key for r in asked.run_requests or []] == [at.date().isoformat()]
    assert at.date().isoformat() in opened.get_dynamic_partitions("arrival_day")
    news.unlink()


def test_one_run_pays_the_answers_that_an_added_algorithm_owes(
    failed: list[str], chosen: Settings, opened: dg.DagsterInstance
) -> None:
    deps = wiring.dependencies(chosen)
    owed.declare(deps.engine, deps.catalogue, chosen.tsv_codec, deps.clock())
    assert owed_recordings.find(deps.engine) == []
    assert outdated_recordings.find(deps.engine) == []
    stage, added = tables.recording_stage, "rotor_droop"
    [row] = fetch(
        deps.engine, stage.select().where(stage.c.stage == "analyse", stage.c.state == "done")
    )
    before = {name: each for name, each in row.measurements["versions"].items() if name != added}
    with writing(deps.engine) as connection:
        connection.execute(
            stage.update()
            .where(stage.c.stage == "analyse", stage.c.recording_id == row.recording_id)
            .values(code_version="0", measurements={**row.measurements, "versions": before})
        )
    assert [each.algorithms for each in owed_recordings.find(deps.engine)] == [(added,)]
    assert in_process.pay_owed(definitions.build(), opened)
    assert owed_recordings.find(deps.engine) == []
