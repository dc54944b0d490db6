import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    ("name", "text"),
    [("parse", "parse: FAILED"), ("load", "load: HEALTHY"), ("pipeline", "pipeline: FAILED")],
)
def test_a_badge_shows_name_and_status(api: TestClient, name: str, text: str) -> None:
    response = api.get(f"/api/v1/badge/{name}.svg")
    assert response.headers["content-type"] == "image/svg+xml"
    assert text in response.text


def test_the_badge_of_an_unknown_process_is_not_found(api: TestClient) -> None:
    assert api.get("/api/v1/badge/nothing.svg").status_code == 404
