"""The job that pays owed answers, with stages that only write to the ledger."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy import Engine

from dataflow_health import settings, wiring
from dataflow_health.errors import SparkError
from dataflow_health.operations import backfill
from dataflow_health.orchestration import active_runs
from dataflow_health.orchestration.asset_keys import STAGE_KEYS, algorithm_key
from dataflow_health.orchestration.jobs import canary, owed
from dataflow_health.orchestration.resources import PipelineResource, SparkResource
from dataflow_health.stages.chain import Stage
from dataflow_health.stages.present_versions import present_versions
from dataflow_health.stages.stage import Dependencies, StageOptions, StageRequest, StageSummary
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.ledger.stage_order import STAGES
from dataflow_health.storage.queries import owed_recordings
from dataflow_health.storage.records import declared_versions, observations
from dataflow_health_tests import factories
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result, states

pytestmark = pytest.mark.slow

NEXT_DAY = "2026-11-21"
DECLARED = {"peak": "1"}


class Stages:
    """Analyse and load that record their requests; analyse answers, or fails on a day."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, int]] = []
        self.fails_on = ""

    def chain(self) -> tuple[Stage, ...]:
        return tuple(
            Stage(
                name,
                "",
                frozenset(),
                "1",
                self.analyse if name == "analyse" else partial(self.other, name),
            )
            for name in STAGES
        )

    def other(
        self, name: str, _: Dependencies, request: StageRequest, __: StageOptions
    ) -> StageSummary:
        self.requests.append((name, request.day, len(request.only or ())))
        return StageSummary(name, request.day)

    def analyse(self, deps: Dependencies, request: StageRequest, _: StageOptions) -> StageSummary:
        self.requests.append(("analyse", request.day, len(request.only or ())))
        if request.day == self.fails_on:
            raise SparkError("no Java")
        analyse(deps.engine, request.only or (), DECLARED, day=request.day)
        return StageSummary("analyse", request.day)


@pytest.fixture
def stages(monkeypatch: pytest.MonkeyPatch) -> Stages:
    made = Stages()
    monkeypatch.setattr(owed, "CHAIN", made.chain())
    return made


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Two recordings of a day and one of the next, all owed an answer."""
    monkeypatch.setenv("DATAFLOW_HEALTH_HOME", str(tmp_path))
    made = wiring.dependencies(settings.load()).engine
    first, second, third = recordings(made, 3)
    analyse(made, [first, second], {})
    analyse(made, [third], {}, day=NEXT_DAY)
    declare(made, DECLARED)
    yield made
    wiring.dependencies.cache_clear()
    made.dispose()


def launch(instance: dg.DagsterInstance, **config: bool) -> dg.ExecuteInProcessResult:
    return owed.OWED.execute_in_process(
        instance=instance,
        raise_on_error=False,
        run_config={"ops": {"pay": {"config": config}}},
        resources={"pipeline": PipelineResource(), "spark": SparkResource(spark_config={})},
    )


def test_one_run_pays_all_days_newest_first_and_shows_them_in_dagster(
    engine: Engine, stages: Stages, instance: dg.DagsterInstance
) -> None:
    assert launch(instance).success
    assert owed_recordings.find(engine) == []
    assert stages.requests == [
        ("analyse", NEXT_DAY, 1), ("analyse", DAY, 2), ("load", NEXT_DAY, 1), ("load", DAY, 2),
    ]  # fmt: skip
    assert set(instance.get_dynamic_partitions("arrival_day")) == {DAY, NEXT_DAY}
    for key in (STAGE_KEYS["analyse"], STAGE_KEYS["load"], algorithm_key("peak")):
        assert instance.get_materialized_partitions(key) == {DAY, NEXT_DAY}


def test_a_day_that_fails_is_red_and_the_other_days_are_paid(
    engine: Engine, stages: Stages, instance: dg.DagsterInstance
) -> None:
    stages.fails_on = NEXT_DAY
    assert not launch(instance).success
    assert [str(each.arrival_day) for each in owed_recordings.find(engine)] == [NEXT_DAY]
    assert observations.failed_run_days(engine, "analyse") == {NEXT_DAY}


def test_a_run_in_the_background_ends_while_another_run_waits(
    engine: Engine,
    stages: Stages,
    instance: dg.DagsterInstance,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(owed, "WAITS_S", 0)
    instance.create_run_for_job(canary.CANARY, status=dg.DagsterRunStatus.NOT_STARTED)
    assert launch(instance, in_background=True).success
    assert stages.requests == []
    assert launch(instance).success
    assert len(stages.requests) == 4


def test_a_long_day_is_paid_in_parts(
    engine: Engine, stages: Stages, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "FIRST_SIZE", 1)
    monkeypatch.setattr(backfill, "LARGEST", 1)
    launch(instance)
    assert [each for each in stages.requests if each[1] == DAY and each[0] == "analyse"] == [
        ("analyse", DAY, 1), ("analyse", DAY, 1),
    ]  # fmt: skip


def test_the_run_shows_its_progress_and_holds_no_day_at_its_end(
    engine: Engine, stages: Stages, instance: dg.DagsterInstance
) -> None:
    launch(instance)
    [run] = instance.get_runs()
    assert run.tags[owed.PROGRESS_TAG].startswith("3 of 3 recordings, 0.0 flight hours, ")
    assert run.tags[active_runs.DAYS_TAG] == ""


def test_a_recording_of_an_older_layout_runs_from_parse_on(
    engine: Engine, stages: Stages, instance: dg.DagsterInstance
) -> None:
    declare(engine, {})
    declared_versions.replace(engine, present_versions(factories.catalogue(), "zst"), NOON)
    id_ = min(states(engine))
    ledger.finish(engine, "parse", DAY, "run", [result(id_, version="of an older layout")])
    assert launch(instance).success
    assert stages.requests == [(stage, DAY, 1) for stage in STAGES[STAGES.index("parse") :]]
