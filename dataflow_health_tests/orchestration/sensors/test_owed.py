from datetime import date, timedelta

import dagster as dg
import pytest

from dataflow_health.errors import DatabaseError
from dataflow_health.health.outdated_recordings import OutdatedRecordings, VersionDebt
from dataflow_health.health.owed_answers import OwedAnswers, OwedDay
from dataflow_health.orchestration.jobs import canary
from dataflow_health.orchestration.jobs.owed import OWED
from dataflow_health.orchestration.resources import PipelineResource
from dataflow_health.orchestration.sensors import owed
from dataflow_health.orchestration.sensors.arrivals import MAX_ATTEMPTS
from dataflow_health.stages.present_versions import present_versions
from dataflow_health.stages.stage import Dependencies
from dataflow_health.storage.ledger import ledger
from dataflow_health.storage.queries import owed_answers
from dataflow_health.storage.records import declared_versions
from dataflow_health.storage.sql.database import writing
from dataflow_health_tests.analysed_recordings import analyse, declare
from dataflow_health_tests.factories import DAY, NOON
from dataflow_health_tests.storage.ledger.factories import recordings, result

DEBT = OwedDay("low", "1", date(2026, 11, 20), 3, NOON)


@pytest.fixture
def debt(deps: Dependencies) -> list[str]:
    """Two recordings that are through the stages before and owed an answer."""
    ids = recordings(deps.engine, 2)
    done = [result(each) for each in ids]
    present = present_versions(deps.catalogue, "zst")
    declared_versions.replace(deps.engine, present, NOON)
    for stage in ("parse", "compress", "store", "ingest"):
        version = present.get((stage, "generic_rdf", ""), "1")
        ledger.finish(
            deps.engine, stage, DAY, "run", [result(each, version=version) for each in ids]
        )
    analyse(deps.engine, ids, {})
    ledger.finish(deps.engine, "load", DAY, "run", done)
    declare(deps.engine, {"low": "1"})
    return ids


def tick(instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    with dg.build_sensor_context(instance=instance) as context:
        return owed.owed(context, pipeline=PipelineResource())


def skipped(instance: dg.DagsterInstance) -> str:
    found = tick(instance)
    assert isinstance(found, dg.SkipReason)
    return found.skip_message or ""


def test_without_a_debt_no_run_is_requested(deps, instance) -> None:
    assert skipped(instance) == "nothing is owed"


def test_a_debt_requests_one_run_of_low_priority_in_the_background(debt, instance) -> None:
    request = tick(instance)
    assert isinstance(request, dg.RunRequest)
    assert int(request.tags["dagster/priority"]) < 0
    assert request.run_config["ops"]["pay"]["config"] == {"in_background": True}


def test_a_recording_of_an_older_layout_requests_a_run(deps, debt, instance) -> None:
    declare(deps.engine, {})
    assert skipped(instance) == "nothing is owed"
    ledger.finish(deps.engine, "store", DAY, "run", [result(debt[0], version="older")])
    ledger.finish(deps.engine, "ingest", DAY, "run", [result(debt[0])])
    analyse(deps.engine, debt[:1], {})
    ledger.finish(deps.engine, "load", DAY, "run", [result(debt[0])])
    assert isinstance(tick(instance), dg.RunRequest)


@pytest.mark.parametrize("job", [canary.CANARY, OWED])
def test_any_active_run_goes_first_also_one_that_pays(debt, instance, job) -> None:
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert skipped(instance) == "other runs are active; they go first"


def test_unfinished_work_goes_first_unless_it_was_tried_too_often(deps, debt, instance) -> None:
    with writing(deps.engine) as connection:
        ledger.hand_over(connection, "parse", "2026-11-21", ["f" * 64], NOON)
    assert "unfinished work" in skipped(instance)
    for _ in range(MAX_ATTEMPTS):
        ledger.begin(deps.engine, "parse", ["f" * 64], "run", NOON)
    assert isinstance(tick(instance), dg.RunRequest)


def test_the_key_changes_with_the_debt_and_with_the_hour() -> None:
    start = NOON.replace(minute=0)
    none = OutdatedRecordings()
    key = owed.run_key(OwedAnswers((DEBT,)), none, start)
    assert key == owed.run_key(OwedAnswers((DEBT,)), none, start + timedelta(minutes=59))
    assert key != owed.run_key(OwedAnswers((DEBT,)), none, start + timedelta(hours=1))
    older = OutdatedRecordings((VersionDebt("parse", DEBT.arrival_day, 1, NOON),))
    assert key != owed.run_key(OwedAnswers((DEBT,)), older, start)
    assert key != owed.run_key(OwedAnswers((DEBT._replace(recordings=2),)), none, start)


def test_an_unreachable_ledger_is_the_reason_to_skip(
    deps, instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_engine: object) -> OwedAnswers:
        raise DatabaseError("the database does not answer")

    monkeypatch.setattr(owed_answers, "read", away)
    assert skipped(instance) == "the database does not answer"
