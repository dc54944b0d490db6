from sqlalchemy import Engine

from dataflow_health.storage.sql import database
from dataflow_health_tests.api.conftest import READER, OperatorClient
from dataflow_health_tests.finding_factories import insert_findings, insert_flights


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


def test_findings_have_a_trend_by_month(operator_api: OperatorClient) -> None:
    engine = engine_of(operator_api)
    insert_findings(engine, 3)
    insert_flights(engine, ("HB-Z0", "2026-11", 50))
    span = {"from_at": "2026-11-01T00:00:00Z", "to_at": "2026-11-30T00:00:00Z"}
    found = operator_api.get("/findings/trend", by="tail", **span)
    assert found["months"] == ["2026-11"]
    assert [(each["name"], each["points"][0]["per_100_h"]) for each in found["lines"]] == [
        ("HB-Z0", 4.0), ("HB-Z1", None),
    ]  # fmt: skip


def test_findings_are_exported_whole_or_as_the_page_that_is_shown(
    operator_api: OperatorClient,
) -> None:
    insert_findings(engine_of(operator_api), 3)
    url = "/api/v1/findings/export"
    whole = operator_api.client.get(url, headers=READER)
    assert whole.headers["content-disposition"] == 'attachment; filename="findings.csv"'
    assert len(whole.text.splitlines()) == 4
    page = {"format": "json", "limit": 1, "offset": 1, "severity": "warning"}
    assert operator_api.client.get(url, params=page, headers=READER).json() == []
    page["offset"] = 0
    (row,) = operator_api.client.get(url, params=page, headers=READER).json()
    assert (row["tail"], row["state"]) == ("HB-Z1", "new")
    parquet = operator_api.client.get(url, params={"format": "parquet"}, headers=READER)
    assert parquet.content[:4] == parquet.content[-4:] == b"PAR1"
