import json

import pytest

from dataflow_health_tests.monitoring.probes.probing import closed_port, http_server, probe


@pytest.mark.slow
def test_a_service_answers_with_its_status_and_body() -> None:
    body = json.dumps({"data": {"state": "up", "nodes": [{"ok": True}]}}).encode()
    with http_server(body) as url:
        check = {"kind": "http_answers", "url": url}
        assert probe(check).detail == "status (200) == 200"
        wanted = {"data.state": "up", "data.nodes.0.ok": True}
        assert probe(check | {"json_body": wanted}).outcome == "passed"
        wrong = probe(check | {"json_body": {"data.state": "down", "data.gone": 1}})
        assert wrong.outcome == "failed"
        assert wrong.detail == "data.state ('up') == 'down', data.gone (missing) == 1"
        assert probe(check | {"status": 204}).detail == "status (200) == 204"


@pytest.mark.slow
def test_a_service_that_fails_or_returns_no_json_is_red() -> None:
    with http_server(b"<html>", status=503) as url:
        result = probe({"kind": "http_answers", "url": url})
        assert (result.outcome, result.detail) == ("failed", "status (503) == 200")
    with http_server(b"<html>") as url:
        result = probe({"kind": "http_answers", "url": url, "json_body": {"a": 1}})
        assert (result.outcome, result.detail) == ("failed", "the response is not JSON")
    assert "refused" in probe({"kind": "http_answers", "url": f"http://{closed_port()}"}).detail
    assert probe({"kind": "http_answers", "url": "http://[bad"}).outcome == "failed"
