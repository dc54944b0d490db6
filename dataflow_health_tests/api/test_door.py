"""What a page of another site may send to a server on this machine is refused at the door."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from dataflow_health.api import door
from dataflow_health.api.door import allowed_hosts, host_name
from dataflow_health_tests import installation as scene

ACTION = "/api/v1/rerun"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    folder: Path = tmp_path_factory.mktemp("door")
    client = scene.client(scene.settings(folder, cors_origins="http://board.example"))
    hosts = allowed_hosts(("TestServer:80", "health.example"), "0.0.0.0")
    client.app.user_middleware[-1].kwargs["hosts"] = hosts
    return client


def code(response) -> str:
    body = response.json()
    return body["error"]["code"] if body["status"] == "error" else "ok"


@pytest.mark.parametrize(
    ("host", "http"),
    [("testserver", 200), ("TestServer:8000", 200), ("[::1]:8000", 200), ("evil.example", 421),
     ("testserver.evil.example", 421), ("", 421), ("10.0.0.7:8000", 421)],
)  # fmt: skip
def test_only_names_of_ours_are_answered(guarded: TestClient, host: str, http: int) -> None:
    response = guarded.get("/status", headers={"Host": host})
    assert response.status_code == http
    assert code(response) == ("ok" if http == 200 else "unknown_host")


@pytest.mark.parametrize(
    ("host", "is_unknown"),
    [("10.0.0.7:8000", False), ("[fd00::7]", False), ("evil.example", True), ("", True)],
)
def test_a_probe_asks_for_health_by_the_address(
    guarded: TestClient, host: str, is_unknown: bool
) -> None:
    response = guarded.get("/health", headers={"Host": host})
    assert (code(response) == "unknown_host") is is_unknown


@pytest.mark.parametrize(
    ("origin", "refused"),
    [("http://testserver", False), ("https://Health.Example:8443", False),
     ("http://localhost:8888", True), ("http://board.example", False), ("", False),
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
    readable = [path for path in acting if {"get", "head"} & set(paths[path])]
    assert readable == ["/api/v1/telemetry"]  # GET reads there what POST has stored


def test_a_server_on_loopback_answers_to_names_of_this_machine() -> None:
    assert "127.0.0.1" in allowed_hosts((), "127.0.0.1")
    assert allowed_hosts((), "0.0.0.0") == ()
    assert set(allowed_hosts(("health.example",), "0.0.0.0")) > {"health.example", "localhost"}


@pytest.mark.parametrize(
    ("given", "name"),
    [("Health.Example.:8443", "health.example"), ("::1", "[::1]"),
     ("[0:0:0:0:0:0:0:1]:80", "[::1]"),
     (" 10.0.0.7:80 ", "10.0.0.7"), ("localhost", "localhost"), ("", ""),
     ("localhost:3000/server_info?", ""), ("localhost#x", ""), ("me@localhost", "")],
)  # fmt: skip
def test_a_name_is_compared_without_case_port_and_form_of_an_address(given: str, name: str) -> None:
    assert host_name(given) == name
