from datetime import UTC, date, datetime, timedelta

import pytest

from dataflow_health.monitoring.probes.freshness import instant
from dataflow_health_tests.monitoring.probes.probing import NOW, probe


def test_the_newest_row_must_be_recent(database: str) -> None:
    query = "SELECT max(uploaded_at) FROM algorithm_run"
    check = {"kind": "freshness", "url": database, "query": query, "at_most": "PT2H"}
    result = probe(check)
    assert (result.outcome, result.detail) == ("passed", "age of newest row (1 h) <= 2 h")
    assert probe(check, now=NOW + timedelta(hours=2)).outcome == "failed"
    empty = "SELECT max(uploaded_at) FROM algorithm_run WHERE n > 99"
    assert probe(check | {"query": empty}).outcome == "failed"
    assert probe(check | {"query": "SELECT 1795176000"}).detail.startswith("age of newest row (")
    assert probe(check | {"query": "SELECT 'soon'"}).outcome == "errored"


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-20T00:00:00",
        "2026-11-20T01:00:00+01:00",
        datetime(2026, 11, 20),  # noqa: DTZ001  (as SQLite gives it)
        date(2026, 11, 20),
        1795132800,
    ],
)
def test_every_form_in_which_databases_give_an_instant_is_read(value: object) -> None:
    assert instant(value) == datetime(2026, 11, 20, tzinfo=UTC)
