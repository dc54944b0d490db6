from pathlib import Path

from dataflow_health.health.observation import Observation
from dataflow_health.health.status import Status
from dataflow_health.monitoring import evaluation
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories, installation
from dataflow_health_tests.factories import NOON


def test_the_report_is_red_where_the_ledger_says_so(tmp_path: Path) -> None:
    engine = installation.filled(installation.settings(tmp_path))
    report = evaluation.report(factories.dependencies(tmp_path, engine), installation.NOW)
    assert [each.name for each in report.causes] == ["parse"]
    parse = report.find("parse")
    assert parse is not None
    assert parse.counts is not None
    assert (parse.counts.incoming, parse.counts.quarantined) == (40, 2)
    assert parse.evidence[0].reason == "no_sync"


def test_a_ledger_that_is_away_is_what_is_reported(tmp_path: Path) -> None:
    away = database.connect("postgresql://reader:s3cret@127.0.0.1:1/results")
    report = evaluation.report(factories.dependencies(tmp_path, away), NOON)
    statuses = {each.name: each.status for each in report.processes}
    assert statuses["results_database"] is Status.FAILED
    assert statuses["load"] is Status.BLOCKED
    assert statuses["parse"] is Status.BLOCKED
    assert "s3cret" not in report.model_dump_json()


def test_an_answer_in_memory_counts_when_it_is_newer_than_the_kept_one(tmp_path: Path) -> None:
    deps = factories.dependencies(tmp_path)
    down = Observation(
        process="spark", check="spark_workers", outcome="failed", at=NOON, detail="workers (0) >= 1"
    )
    report = evaluation.report(deps, NOON, [down])
    assert [each.name for each in report.causes] == ["spark"]
    assert report.find("ingest").status is Status.BLOCKED
