from sqlalchemy import Engine

from dataflow_health.storage.sql import database
from dataflow_health_tests.api.conftest import READER, OperatorClient
from dataflow_health_tests.finding_factories import insert_findings


def engine_of(api: OperatorClient) -> Engine:
    url = api.client.app.state.settings.database_url.get_secret_value()
    return database.connect(url)


def test_findings_are_filtered_and_judged(operator_api: OperatorClient) -> None:
    recording, algorithm, number = insert_findings(engine_of(operator_api), 2)[1]
    path = f"/findings/{recording}/{algorithm}/{number}/judge"
    seen = {"start_s": 5.0, "severity": "warning", "detail": "112 %"}
    assert operator_api.post(path, {"state": "dismissed", **seen}).status_code == 409
    body = {"state": "confirmed", "reason": "seen on the gauge", **seen}
    assert operator_api.post(path, {**body, "start_s": 4.0}).status_code == 409
    assert operator_api.post(path, body, READER).status_code == 403
    assert operator_api.post(path, body).json()["data"] == {"state": "confirmed"}
    found = operator_api.get("/findings", state="confirmed")
    assert [each["recording"] for each in found["findings"]] == [recording]
    assert (found["total"], found["findings"][0]["operator"]) == (1, "anna")
    assert operator_api.get("/findings", tail="HB-Z0")["total"] == 1


def test_a_time_without_its_zone_is_refused(operator_api: OperatorClient) -> None:
    url = "/api/v1/findings?from_at=2026-11-20T03:00:00"
    assert operator_api.client.get(url, headers=READER).status_code == 422
