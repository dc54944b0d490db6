from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Timer

import dagster as dg
import pytest

from dataflow_health import settings
from dataflow_health.orchestration import active_runs
from dataflow_health.orchestration.jobs import canary
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import arrivals
from dataflow_health.orchestration.sensors.hung_steps import DIED_TAG
from dataflow_health.stages.new_archives import NewArchive
from dataflow_health.storage.files.source import SourceFile
from dataflow_health_tests.factories import DAY, NOON, land, zipped
from dataflow_health_tests.storage.ledger.factories import recordings
from dataflow_health_tests.waiting import LIMIT_S


def tick(instance: dg.DagsterInstance) -> dg.SensorResult | dg.SkipReason:
    with dg.build_sensor_context(instance=instance) as context:
        return arrivals.arrivals(context, pipeline=PipelineResource())


def days_of(result: dg.SensorResult | dg.SkipReason) -> list[str | None]:
    assert isinstance(result, dg.SensorResult), result
    return [request.partition_key for request in result.run_requests or []]


def test_without_news_no_run_is_requested(deps, instance) -> None:
    assert tick(instance).skip_message == "no new archives at the source"


def test_a_new_archive_requests_a_run_of_its_arrival_day(deps, instance) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    land(Path(settings.load().source_url), "a.zip", zipped({"a.rdf": b"x"}), at)
    day = at.date().isoformat()
    assert days_of(tick(instance)) == [day]
    assert instance.get_dynamic_partitions("arrival_day") == [day]


def test_an_archive_that_arrives_during_a_tick_is_found_by_it(
    deps, instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "WATCHES_S", LIMIT_S)
    monkeypatch.setattr(arrivals, "LOOK_EVERY_S", 0.05)
    at, source = datetime.now(UTC) - timedelta(days=1), Path(settings.load().source_url)
    later = Timer(0.2, lambda: land(source, "a.zip", zipped({"a.rdf": b"x"}), at))
    later.start()
    assert days_of(tick(instance)) == [at.date().isoformat()]
    later.join()


def test_a_source_that_cannot_be_listed_is_the_reason_to_skip(deps, instance) -> None:
    Path(settings.load().source_url).rmdir()
    assert "landing" in tick(instance).skip_message


@pytest.mark.parametrize("tag", ["dagster/partition", active_runs.DAYS_TAG])
def test_an_unfinished_day_is_requested_unless_a_run_works_on_it(deps, instance, tag) -> None:
    recordings(deps.engine, 1)
    assert days_of(tick(instance)) == [DAY]
    instance.create_run_for_job(canary.CANARY, tags={tag: DAY}, status=dg.DagsterRunStatus.STARTED)
    assert isinstance(tick(instance), dg.SkipReason)


def cut(instance: dg.DagsterInstance, *, cancelled: bool = False, begun: bool = True) -> None:
    """A run of the day that died, or that was cancelled."""
    tags = {"dagster/partition": DAY} | ({} if cancelled else {DIED_TAG: "true"})
    run = instance.create_run_for_job(canary.CANARY, tags=tags)
    if begun:
        event = dg.DagsterEvent("PIPELINE_START", job_name=run.job_name)
        instance.report_dagster_event(event, run.run_id)
    if cancelled:
        instance.report_run_canceled(run)
    else:
        instance.report_run_failed(run)


@pytest.mark.parametrize("cancelled", [False, True])
def test_a_day_is_requested_once_more_when_its_run_was_cut_before_the_checks(
    deps, instance, cancelled
) -> None:
    cut(instance, cancelled=cancelled)
    assert days_of(tick(instance)) == [DAY]
    day = {"dagster/partition": DAY}
    instance.create_run_for_job(canary.CANARY, tags=day, status=dg.DagsterRunStatus.FAILURE)
    assert isinstance(tick(instance), dg.SkipReason)


def test_a_day_whose_runs_die_one_after_the_other_needs_an_operator(deps, instance) -> None:
    for _ in range(arrivals.MAX_ATTEMPTS - 1):
        cut(instance)
    assert days_of(tick(instance)) == [DAY]
    cut(instance)
    assert isinstance(tick(instance), dg.SkipReason)


def test_a_run_that_was_cancelled_before_it_began_stays_cancelled(deps, instance) -> None:
    cut(instance, cancelled=True, begun=False)
    assert isinstance(tick(instance), dg.SkipReason)


@pytest.mark.parametrize(
    ("status", "requested"),
    [(dg.DagsterRunStatus.NOT_STARTED, False), (dg.DagsterRunStatus.STARTED, True)],
)
def test_at_most_one_run_of_a_day_is_queued(deps, instance, status, requested) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    day = at.date().isoformat()
    land(Path(settings.load().source_url), "a.zip", zipped({"a.rdf": b"x"}), at)
    instance.create_run_for_job(canary.CANARY, tags={"dagster/partition": day}, status=status)
    result = tick(instance)
    if requested:
        assert days_of(result) == [day]
    else:
        assert isinstance(result, dg.SkipReason)
        assert result.skip_message == "a run of their day is queued"


@pytest.mark.parametrize("tag", [active_runs.GIVES_WAY_TAG, "dagster/backfill"])
def test_new_archives_do_not_wait_for_a_backfill_of_their_day(deps, instance, tag) -> None:
    at = datetime.now(UTC) - timedelta(days=1)
    day = at.date().isoformat()
    land(Path(settings.load().source_url), "a.zip", zipped({"a.rdf": b"x"}), at)
    tags = {"dagster/partition": day, tag: "x"}
    instance.create_run_for_job(canary.CANARY, tags=tags, status=dg.DagsterRunStatus.NOT_STARTED)
    assert days_of(tick(instance)) == [day]


def test_a_day_of_a_run_of_several_days_is_not_requested_again(deps, instance) -> None:
    recordings(deps.engine, 1)
    tags = {active_runs.DAYS_TAG: f"2026-01-01,{DAY}"}
    instance.create_run_for_job(canary.CANARY, tags=tags, status=dg.DagsterRunStatus.STARTED)
    assert isinstance(tick(instance), dg.SkipReason)


def test_what_a_killed_backfill_left_does_not_stand_before_a_flight_that_lands() -> None:
    new = NewArchive(SourceFile("a.zip", 9, NOON, None), NOON)
    later = NOON + timedelta(days=30)
    assert arrivals._request(DAY, [], later).tags["dagster/priority"] == "-1"
    assert "dagster/priority" not in arrivals._request(DAY, [new], later).tags
    assert "dagster/priority" not in arrivals._request(DAY, [], NOON + timedelta(days=1)).tags


def test_the_same_news_has_the_same_run_key_until_it_is_retried() -> None:
    start = datetime.fromtimestamp(arrivals.RETRY_S * 1_000_000, UTC)
    new = NewArchive(SourceFile("a.zip", 9, NOON, None), NOON)
    keys = [
        arrivals._request(DAY, [new], start + timedelta(seconds=seconds)).run_key
        for seconds in (0, arrivals.RETRY_S - 1, arrivals.RETRY_S)
    ]
    assert keys[0] == keys[1] != keys[2]
    other = NewArchive(SourceFile("a.zip", 10, NOON, None), NOON)
    assert arrivals._request(DAY, [other], start).run_key != keys[0]
