from fastapi.testclient import TestClient

from dataflow_health_tests.api.conftest import OPERATOR, OperatorClient


def test_a_session_says_what_the_key_may_do(operator_api: OperatorClient) -> None:
    reader = operator_api.get("/session")
    assert (reader["caller"], reader["may_operate"]) == ("board", False)
    response = operator_api.client.get("/api/v1/session", headers=OPERATOR)
    operator = response.json()["data"]
    assert (operator["caller"], operator["may_operate"]) == ("anna", True)
    assert operator_api.client.get("/api/v1/session").status_code == 401


def test_a_session_has_the_page_of_every_process_in_the_dagster_ui(api: TestClient) -> None:
    session = api.get("/api/v1/session").json()["data"]
    assert session["caller"] == "anonymous"
    assert session["dagster_pages"]["spark"] == f"{session['dagster_url']}/assets/external/spark"
