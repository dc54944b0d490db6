from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dataflow_health.errors import DatabaseError
from dataflow_health.health.observation import Observation
from dataflow_health.health.status import Status
from dataflow_health.monitoring import evaluation, health_service, status_history
from dataflow_health.storage.sql import database
from dataflow_health_tests import factories, installation
from dataflow_health_tests.factories import NOON

CATALOGUE = factories.catalogue()
AWAY = "postgresql://reader:s3cret@127.0.0.1:1/results"


def test_the_status_is_red_where_the_ledger_says_so(tmp_path: Path) -> None:
    engine = installation.filled(installation.settings(tmp_path))
    status = health_service.current(lambda: engine, CATALOGUE, installation.NOW)
    assert status == health_service.from_ledger(engine, CATALOGUE, installation.NOW)
    assert status.ledger_error == ""
    assert [each.name for each in status.causes] == ["parse"]
    parse = status.find("parse")
    assert parse is not None
    assert parse.counts is not None
    assert (parse.counts.incoming, parse.counts.quarantined) == (40, 2)
    assert parse.evidence[0].reason == "no_sync"


def test_a_ledger_that_is_away_is_what_is_reported() -> None:
    away = database.connect(AWAY)
    status = health_service.current(lambda: away, CATALOGUE, NOON)
    statuses = {each.name: each.status for each in status.processes}
    assert statuses["results_database"] is Status.FAILED
    assert statuses["load"] is Status.BLOCKED
    assert statuses["parse"] is Status.BLOCKED
    assert "127.0.0.1" in status.ledger_error
    assert "s3cret" not in status.model_dump_json()
    with pytest.raises(DatabaseError):
        health_service.from_ledger(away, CATALOGUE, NOON)


def test_a_ledger_that_cannot_even_be_connected_to_is_reported_alike() -> None:
    def connect() -> Engine:
        raise DatabaseError("the schema is newer")

    status = health_service.current(connect, CATALOGUE, NOON)
    assert status.ledger_error == "the schema is newer"
    assert status == health_service.without_ledger(CATALOGUE, "the schema is newer", NOON)


def test_a_probe_result_counts_with_and_without_the_ledger(engine: Engine) -> None:
    down = Observation(
        process="spark", check="spark_workers", outcome="failed", at=NOON, detail="workers (0) >= 1"
    )
    for status in (
        health_service.from_ledger(engine, CATALOGUE, NOON, [down]),
        health_service.without_ledger(CATALOGUE, "away", NOON, [down]),
    ):
        assert "spark" in [each.name for each in status.causes]
        ingest = status.find("ingest")
        assert ingest is not None
        assert ingest.status is Status.BLOCKED


def test_a_past_status_comes_from_the_history(engine: Engine) -> None:
    earlier = NOON - timedelta(hours=1)
    status_history.record(engine, evaluation.make_report(CATALOGUE, (), earlier))
    status_history.record(engine, health_service.without_ledger(CATALOGUE, "away", NOON))
    past, later = (health_service.as_of(engine, CATALOGUE, at) for at in (earlier, NOON))
    assert (past.at, past.status, later.status) == (earlier, Status.UNKNOWN, Status.FAILED)
