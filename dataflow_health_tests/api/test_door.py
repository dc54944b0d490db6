"""What a page of another site may send to a server on this machine is refused at the door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dataflow_health.api import door
from dataflow_health.api.door import allowed_hosts
from dataflow_health_tests import installation as scene

ACTION = "/api/v1/rerun"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder: Path = tmp_path_factory.mktemp("door")
    client = scene.client(scene.settings(folder, cors_origins="http://board.example"))
    client.app.user_middleware[-1].kwargs["hosts"] = ("testserver", "[::1]")
    return client


def code(response) -> str:
    body = response.json()
    return body["error"]["code"] if body["status"] == "error" else "ok"


@pytest.mark.parametrize(
    ("host", "http"),
    [("testserver", 200), ("TestServer:8000", 200), ("[::1]:8000", 200), ("evil.example", 421),
     ("testserver.evil.example", 421), ("", 421)],
)  # fmt: skip
def test_only_names_of_ours_are_answered(guarded: TestClient, host: str, http: int) -> None:
    response = guarded.get("/status", headers={"Host": host})
    assert response.status_code == http
    assert code(response) == ("ok" if http == 200 else "unknown_host")


@pytest.mark.parametrize(
    ("origin", "refused"),
    [("http://testserver", False), ("http://board.example", False), ("", False),
     ("http://evil.example", True), ("null", True), ("http://testserver.evil.example", True)],
)  # fmt: skip
def test_a_page_of_another_site_may_not_act(
    guarded: TestClient, origin: str, refused: bool
) -> None:
    headers = {"Origin": origin} if origin else {}
    response = guarded.post(ACTION, json={}, headers=headers)
    assert (code(response) == "foreign_origin") is refused


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_an_action_is_sent_as_json(guarded: TestClient, media_type: str) -> None:
    response = guarded.post(ACTION, content=b"{}", headers={"Content-Type": media_type})
    assert (response.status_code, code(response)) == (415, "not_json")


def test_a_large_body_is_refused_by_its_length_and_while_it_comes(guarded: TestClient) -> None:
    large = b" " * (door.MAX_BODY_BYTES + 1)
    headers = {"Content-Type": "application/json"}
    assert guarded.post(ACTION, content=large, headers=headers).status_code == 413

    def pieces() -> Iterator[bytes]:
        yield from [large[: 1 << 18]] * 5

    assert guarded.post(ACTION, content=pieces(), headers=headers).status_code in {401, 413}


def test_no_action_is_a_get(guarded: TestClient) -> None:
    paths = guarded.app.openapi()["paths"]
    acting = [path for path, methods in paths.items() if "post" in methods]
    assert acting
    assert [path for path in acting if {"get", "head"} & set(paths[path])] == []


def test_a_server_on_loopback_answers_to_names_of_this_machine() -> None:
    assert "127.0.0.1" in allowed_hosts((), "127.0.0.1")
    assert allowed_hosts((), "0.0.0.0") == ()
    assert set(allowed_hosts(("health.example",), "0.0.0.0")) > {"health.example", "localhost"}
