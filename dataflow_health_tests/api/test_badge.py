import pytest
from fastapi.testclient import TestClient


@pytest.mark.parametrize(
    ("name", "words"),
    [("parse", "parse: FAILED"), ("load", "load: HEALTHY"), ("pipeline", "pipeline: FAILED")],
)
def test_a_badge_says_name_and_status(api: TestClient, name: str, words: str) -> None:
    answer = api.get(f"/api/v1/badge/{name}.svg")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert words in answer.text


def test_a_badge_of_nothing_is_not_found(api: TestClient) -> None:
    assert api.get("/api/v1/badge/nothing.svg").status_code == 404
