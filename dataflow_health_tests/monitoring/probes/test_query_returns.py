from dataflow_health_tests.monitoring.probes.probing import probe


def test_a_query_returns_the_expected_value(database: str) -> None:
    check = {
        "kind": "query_returns",
        "url": database,
        "query": "SELECT count(*) FROM algorithm_run",
    }
    assert probe(check | {"equals": 12}).outcome == "passed"
    assert probe(check | {"at_least": 1, "at_most": 12}).outcome == "passed"
    result = probe(check | {"at_least": 13})
    assert (result.outcome, result.detail) == ("failed", "answer (12) >= 13.0")
    assert probe(check | {"query": "SELECT 'up'", "equals": "up"}).outcome == "passed"
    assert probe(check | {"query": "SELECT 'up'", "at_least": 1}).outcome == "failed"
    nothing = check | {"query": "SELECT n FROM algorithm_run WHERE n > 99", "at_most": 1}
    assert probe(nothing).detail == "answer (None) <= 1.0"


def test_a_query_that_writes_is_refused_by_the_database(database: str) -> None:
    query = "WITH gone AS (SELECT 1) DELETE FROM algorithm_run"
    result = probe({"kind": "query_returns", "url": database, "query": query, "at_least": 0})
    assert result.outcome == "failed"
    assert "readonly" in result.detail
    count = {"kind": "rows_between", "url": database, "table": "algorithm_run", "at_least": 12}
    assert probe(count).outcome == "passed"
