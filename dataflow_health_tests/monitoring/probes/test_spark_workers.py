import json

import pytest

from dataflow_health_tests.monitoring.probes.probing import http_server, probe


@pytest.mark.slow
def test_a_spark_master_must_have_living_workers() -> None:
    check = {"kind": "spark_workers", "master_from": "MASTER"}
    assert probe(check).detail == "local[*] works in this process"
    workers = [{"state": "ALIVE"}, {"state": "DEAD"}]
    with http_server(json.dumps({"workers": workers}).encode()) as url:
        cluster = check | {"url": url}
        assert probe(cluster, {"MASTER": "spark://m:7077"}).detail == "living workers (1) >= 1"
        assert probe(cluster | {"at_least": 2}, {"MASTER": "spark://m:7077"}).outcome == "failed"
    gone = probe(cluster, {"MASTER": "spark://m:7077"})
    assert gone.outcome == "failed"
    assert gone.detail.startswith("Spark master: ")
    assert probe(check, {"MASTER": "yarn"}).outcome == "unknown"
