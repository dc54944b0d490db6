"""What a person materialises takes up what was refused, and keeps to one aircraft when asked to."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dataflow_health import settings, wiring
from dataflow_health.clock import utc_now
from dataflow_health.errors import StorageError
from dataflow_health.health.running_steps import RunningStep
from dataflow_health.orchestration import stage_run
from dataflow_health.orchestration.assets import stages
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.stages.stage import StageRequest
from dataflow_health.storage.ledger import ledger, running_steps, stage_records
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.records import audit_log, observations
from dataflow_health_tests.factories import DAY
from dataflow_health_tests.stages.processed_day import land_archives, make_flight

pytestmark = [pytest.mark.slow, pytest.mark.server]  # extract starts its child processes

SENSOR = {"dagster/sensor_name": "arrivals"}
COMMAND = {stage_run.SCOPE_TAG: "dataflow-health"}
ASSETS = {
    stage: asset
    for stage, asset in zip(STAGES, stages.assets(), strict=False)
    if stage in ("download", "extract", "parse")
}


@pytest.mark.parametrize(
    ("tags", "is_manual"),
    [
        ({}, True),
        ({"dagster/backfill": "abc", "user": "anna"}, True),
        ({"dagster/sensor_name": "arrivals"}, False),
        ({"dagster/schedule_name": "nightly"}, False),
        ({"dagster/from_automation_condition": "true"}, False),
        ({stage_run.SCOPE_TAG: "dataflow-health"}, False),
        ({"dagster/sensor_name": "arrivals", "dagster/parent_run_id": "abc"}, True),
        ({"dagster/parent_run_id": "abc", "dagster/retry_number": "1"}, False),
    ],
)
def test_a_run_is_manual_unless_it_says_who_else_started_it(tags: dict[str, str], is_manual: bool):
    assert stage_run.is_manual(tags) is is_manual


flown = functools.cache(make_flight)


class Scene:
    """An installation with an archive of two aircraft each, one recording of one being dead."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.deps = wiring.dependencies(settings.load())

    def run(self, stage: str, tags: dict[str, str] | None = None, **config: Any) -> dict[str, Any]:
        """Materialises one stage of the day; its numbers."""
        asset = ASSETS[stage]
        op = asset.op.name
        done = dg.materialize(
            [asset],
            instance=self.instance,
            partition_key=DAY,
            resources={"pipeline": PipelineResource(), "spark": SparkResource(spark_config={})},
            run_config={"ops": {op: {"config": config}}},
            tags=tags,
        )
        [event] = done.asset_materializations_for_node(op)
        return {name: value.value for name, value in event.metadata.items()}

    def subjects(self) -> list[str]:
        """What the audit says was done something to, newest first."""
        return [row.subject for row in audit_log.read(self.deps.engine)]

    def attempts(self, stage: str) -> dict[str, int]:
        """How often each thing was begun, by aircraft or archive."""
        rows = stage_records.find(self.deps.engine, stage=stage, day=DAY)
        return {row.member or row.archive: row.attempts for row in rows}


DEAD = "HB-ZAB_20261120T080000Z.rdf"


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    (tmp_path / "landing").mkdir()
    archives = {}
    for tail, hour, seed in (("HB-ZAA", 6, 1), ("HB-ZAB", 7, 2)):
        name, _, raw = flown(tail, hour, seed, duration_s=600)
        archives[f"{name}.zip"] = {f"{name}.rdf": raw}
    archives["HB-ZAB_20261120T080000Z.zip"] = {DEAD: bytes(200_000)}
    land_archives(tmp_path / "landing", archives)
    with dg.instance_for_test() as instance:
        instance.add_dynamic_partitions("arrival_day", [DAY])
        made = Scene(instance)
        for stage in ASSETS:
            made.run(stage, COMMAND)  # no sensor has recorded what is at the source
        yield made
    wiring.dependencies.cache_clear()
    made.deps.engine.dispose()


def test_what_a_sensor_starts_leaves_what_is_refused_alone(scene: Scene):
    assert scene.run("parse", SENSOR)["worked"] == 0
    assert scene.run("parse", COMMAND)["worked"] == 0
    assert audit_log.read(scene.deps.engine) == []


def test_what_a_person_materialises_takes_up_what_was_refused_and_nothing_else(scene: Scene):
    numbers = scene.run("parse", {"user": "anna"})
    assert (numbers["worked"], numbers["quarantined"]) == (1, 1)
    entries = [(row.operator, row.action, row.reason) for row in audit_log.read(scene.deps.engine)]
    assert entries == [("dagster", "rerun", "materialised by hand, by its tag for 'anna'")] * 2
    assert scene.subjects()[-1] == f"parse of {DAY}"
    assert scene.attempts("parse")[DEAD] == 1
    assert scene.run("parse", SENSOR)["worked"] == 0


def test_a_person_may_keep_to_one_aircraft(scene: Scene):
    assert scene.run("parse", tail="HB-ZAA")["worked"] == 0
    assert scene.run("parse", tail="HB-ZAA", force=True)["worked"] == 1
    assert scene.run("parse", SENSOR, tail="HB-ZAB", force=True)["worked"] == 2
    assert scene.run("parse", tail="HB-ZZZ", force=True)["worked"] == 0
    assert scene.subjects() == [f"parse of {DAY}"] * 3


def test_an_archive_is_an_aircrafts_when_its_name_or_what_came_out_of_it_says_so(scene: Scene):
    name, _, raw = flown("HB-ZAA", 9, 3, duration_s=600)
    home = settings.load().home
    land_archives(home / "landing", {"batch.zip": {f"{name}.rdf": raw}})
    assert scene.run("download", tail="HB-ZAA")["worked"] == 0
    assert scene.run("download")["worked"] == 1
    assert scene.run("extract", tail="HB-ZAA")["worked"] == 0
    assert scene.run("extract")["worked"] == 1
    assert scene.run("extract", tail="HB-ZAA", force=True)["worked"] == 2


def test_a_stage_is_in_flight_with_its_run_while_it_works(scene: Scene, monkeypatch):
    seen: list[RunningStep] = []
    begin = ledger.begin

    def begin_and_look(*given: Any) -> None:
        seen.extend(running_steps.find(scene.deps.engine, utc_now()))
        begin(*given)

    monkeypatch.setattr(ledger, "begin", begin_and_look)
    scene.run("parse", force=True)
    [step] = seen
    assert (step.stage, step.arrival_day.isoformat()) == ("parse", DAY)
    assert scene.instance.get_run_by_id(step.run_id) is not None
    assert running_steps.find(scene.deps.engine, utc_now()) == ()


def test_an_error_without_text_is_kept_by_its_name(scene: Scene):
    request = StageRequest(DAY, "run-1")
    given = stage_run.run_stage(PipelineResource(), "parse", DAY, "run-1", lambda: request)
    with pytest.raises(MemoryError), given:
        raise MemoryError
    found = observations.read(scene.deps.engine)
    step = [each for each in found if (each.process, each.check) == ("parse", "step")]
    assert [(each.outcome, each.detail) for each in step] == [("failed", "MemoryError")]


def test_a_stage_does_not_work_on_a_lake_that_is_not_mounted(scene: Scene):
    lake = scene.deps.lake.local
    assert lake is not None
    lake.rename(lake.with_name("unmounted"))
    (lake / "canary").mkdir(parents=True)
    given = stage_run.run_stage(PipelineResource(), "parse", DAY, "run-1", pytest.fail)
    with pytest.raises(StorageError, match="not mounted"), given:
        pass
    assert [each.name for each in lake.iterdir()] == ["canary"]
    assert scene.attempts("parse")[DEAD] == 1
