from dataflow_health_tests.monitoring.probes.probing import probe


def test_a_table_holds_a_plausible_number_of_rows(database: str) -> None:
    check = {"kind": "rows_between", "url": database, "table": "algorithm_run"}
    result = probe(check | {"at_least": 1, "at_most": 11})
    assert (result.outcome, result.detail) == ("failed", "1 <= rows of algorithm_run (12) <= 11")
    recent = check | {"instant": "uploaded_at", "during": "PT3H", "at_least": 3, "at_most": 3}
    assert probe(recent).detail == "3 <= rows of algorithm_run of the last 3 h (3) <= 3"
    assert probe(recent).outcome == "passed"
    assert probe(check | {"table": "gone", "at_least": 0}).outcome == "failed"
