import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dataflow_health_tests.monitoring.probes.probing import (
    closed_port,
    make_file,
    probe,
    tcp_server,
)


def test_a_database_answers(database: str) -> None:
    check = {"kind": "database_answers", "url_from": "DB"}
    assert probe(check, {"DB": database}).outcome == "passed"


def test_a_missing_sqlite_file_fails_and_is_not_created(tmp_path: Path) -> None:
    path = tmp_path / "gone.sqlite"
    result = probe({"kind": "database_answers", "url": f"sqlite:///{path}"})
    assert result.outcome == "failed"
    assert result.detail == f"FileNotFoundError: no database file {path}"
    assert not path.exists()


def test_a_file_that_is_no_database_fails(tmp_path: Path) -> None:
    path = make_file(tmp_path / "bad.sqlite")
    path.write_bytes(b"not a database at all" * 100)
    result = probe({"kind": "database_answers", "url": f"sqlite:///{path}"})
    assert (result.outcome, result.detail) == ("failed", "DatabaseError: file is not a database")


def test_a_stopped_server_fails_without_waiting_and_shows_no_password() -> None:
    url = f"postgresql://health:hunter22@{closed_port()}/results"
    result = probe({"kind": "database_answers", "url_from": "DB"}, {"DB": url})
    assert result.outcome == "failed"
    assert "refused" in result.detail
    assert "hunter22" not in result.detail
    assert "\n" not in result.detail


def test_a_server_that_hangs_fails_when_time_is_up() -> None:
    with tcp_server(hangs=True) as address:
        url = f"postgresql://u@{address}/x"
        result = probe({"kind": "database_answers", "url": url, "within": "PT0.3S"})
    assert (result.outcome, result.detail) == ("failed", "no answer within 0.3 s")


@pytest.mark.timing
def test_a_database_that_is_away_costs_little_time() -> None:
    started_s = time.monotonic()
    probe({"kind": "database_answers", "url": f"postgresql://u@{closed_port()}/x"})
    assert time.monotonic() - started_s < 2
    with tcp_server(hangs=True) as address:
        url = f"postgresql://u@{address}/x"
        started_s = time.monotonic()
        probe({"kind": "database_answers", "url": url, "within": "PT0.3S"})
        assert time.monotonic() - started_s < 1


def test_an_unknown_driver_fails_the_check() -> None:
    result = probe({"kind": "database_answers", "url": "nosuch://host/db"})
    assert result.outcome == "failed"
    assert "nosuch" in result.detail


@pytest.mark.postgres
def test_a_real_server_answers_and_lets_no_probe_write(postgres_url: str) -> None:
    assert probe({"kind": "database_answers", "url": postgres_url}).outcome == "passed"
    check = {"kind": "query_returns", "url": postgres_url, "at_least": 1}
    assert probe(check | {"query": "SELECT 1.5::numeric"}).detail == "answer (1.5) >= 1.0"
    write = "WITH made AS (SELECT 1) SELECT 1 INTO TABLE made_by_a_probe"
    assert "read-only" in probe(check | {"query": write}).detail
    slow = probe(check | {"query": "SELECT pg_sleep(9)", "within": "PT0.5S", "retries": 0})
    assert slow.outcome == "failed"
    fresh = {"kind": "freshness", "url": postgres_url, "query": "SELECT now()", "at_most": "PT1M"}
    assert probe(fresh, now=datetime.now(UTC)).outcome == "passed"
