"""The door of the Dagster UI, before an app that answers every request."""

from pathlib import Path
from shutil import rmtree

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from dataflow_health.api.door import Door
from dataflow_health.api.ui_door import CONTINUE_PATH, UiDoor
from dataflow_health.operations.sign_in import FOLDER, SignInStore
from dataflow_health_tests.factories import NOON

MUTATION = {"query": "mutation{stopSensor(id:1){__typename}}"}
HTML = {"Accept": "text/html"}
PAGE = "/assets/parse?view=checks&checkDetail=frames_in_sync"
HERE = {"Origin": "http://testserver"}
ELSEWHERE = {"Origin": "http://evil.example"}


async def _reply(_: Request) -> JSONResponse:
    return JSONResponse({"reached": True})


async def _socket(socket: WebSocket) -> None:
    """Answers each message, as often as it says."""
    await socket.accept()
    await socket.send_text("reached")
    async for text in socket.iter_text():
        for _ in range(int(text)):
            await socket.send_text("answer")


@pytest.fixture
def store(tmp_path: Path) -> SignInStore:
    return SignInStore(tmp_path)


def door_of(store: SignInStore, *, is_secure: bool = False) -> UiDoor:
    every = Route("/{path:path}", _reply, methods=["GET", "POST"])
    app = Starlette(routes=[WebSocketRoute("/graphql", _socket), every])
    return UiDoor(
        app, store, lambda: NOON, start_page="/graph", cookie="session", is_secure=is_secure
    )


def client_of(store: SignInStore, *, is_secure: bool = False) -> TestClient:
    door = Door(door_of(store, is_secure=is_secure), ("testserver",), ())
    return TestClient(door, follow_redirects=False)


@pytest.fixture
def stranger(store: SignInStore) -> TestClient:
    return client_of(store)


@pytest.fixture
def operator(store: SignInStore) -> TestClient:
    client = client_of(store)
    client.get("/sign-in", params={"token": store.issue_token(NOON)})
    return client


def test_a_link_signs_in_once_with_a_cookie_that_scripts_and_other_sites_cannot_use(
    store: SignInStore,
) -> None:
    client, token = client_of(store, is_secure=True), store.issue_token(NOON)
    response = client.get("/sign-in", params={"token": token})
    assert (response.status_code, response.headers["location"]) == (303, "/graph")
    parts = {part.strip().lower() for part in response.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "secure", "path=/"} <= parts
    again = client_of(store).get("/sign-in", params={"token": token})
    assert again.status_code == 401
    assert "dataflow-health sign-in" in again.text


@pytest.mark.parametrize("path", ["/", PAGE, "/graphql", "/logs/x.out", "/report_asset_check/a"])
def test_nothing_is_served_without_a_sign_in(stranger: TestClient, path: str) -> None:
    assert "reached" not in stranger.get(path).text
    assert "reached" not in stranger.post(path, json=MUTATION).text
    page = stranger.get(path, headers=HTML)
    assert page.status_code == 401
    assert "dataflow-health sign-in" in page.text


def test_a_probe_needs_no_sign_in(stranger: TestClient) -> None:
    assert stranger.get("/server_info").json() == {"reached": True}


def test_who_is_signed_in_reaches_pages_and_sends_graphql_as_json(operator: TestClient) -> None:
    assert operator.get(PAGE).json() == {"reached": True}
    for path in ("/graphql", "/graphql?op=AssetRecordsQuery"):
        assert operator.post(path, json=MUTATION, headers=HERE).json() == {"reached": True}
    assert operator.get("/graphql", headers=HTML).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("path", ["/graphql", "/graphql/"])
def test_no_graphql_is_sent_in_the_address(operator: TestClient, method: str, path: str) -> None:
    response = operator.request(method, path, params=MUTATION)
    assert response.status_code == 405
    assert "reached" not in response.text


def test_a_page_of_another_site_may_not_act_even_with_the_cookie(operator: TestClient) -> None:
    assert operator.post("/graphql", json=MUTATION, headers=ELSEWHERE).status_code == 403
    typed = {"Content-Type": "text/plain"}
    assert operator.post("/graphql", content=b"{}", headers=typed).status_code == 415
    assert operator.get(PAGE, headers={"Host": "evil.example"}).status_code == 421


def opens_socket(client: TestClient, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect("/graphql", headers=headers) as socket:
            return socket.receive_text() == "reached"
    except WebSocketDisconnect:
        return False


def test_a_socket_is_opened_by_our_own_page_that_is_signed_in(
    operator: TestClient, stranger: TestClient
) -> None:
    assert opens_socket(operator, HERE)
    assert not opens_socket(operator, ELSEWHERE)
    assert not opens_socket(operator, HERE | {"Host": "evil.example"})
    assert not opens_socket(stranger, HERE)


def test_an_open_socket_closes_when_its_session_ends(operator: TestClient, tmp_path: Path) -> None:
    with operator.websocket_connect("/graphql", headers=HERE) as socket:
        socket.send_text("1")
        assert [socket.receive_text() for _ in range(2)] == ["reached", "answer"]
        rmtree(tmp_path / FOLDER)
        socket.send_text("2")
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_text()
    assert closed.value.code == 1008


def test_a_link_that_is_opened_again_leads_a_signed_in_browser_to_the_start_page(
    operator: TestClient,
) -> None:
    response = operator.get("/sign-in", params={"token": "used"})
    assert (response.status_code, response.headers["location"]) == (303, "/graph")


def test_a_forged_host_makes_no_path_a_probe(store: SignInStore) -> None:
    door = door_of(store)
    for app, status in ((Door(door, (), ()), 421), (door, 401)):
        for host in ("testserver/server_info?", "testserver/server_info#"):
            response = TestClient(app).get("/graphql", headers={"Host": host})
            assert (response.status_code, "reached" in response.text) == (status, False)


def test_a_link_on_another_site_leads_on_by_a_page_of_ours(
    operator: TestClient, stranger: TestClient
) -> None:
    """As such a link comes without the cookie."""
    led = HTML | {"Sec-Fetch-Site": "cross-site"}
    page = stranger.get(PAGE, headers=led).text
    target = page.partition("url=")[2].partition('"')[0]
    assert target.startswith(CONTINUE_PATH)
    response = operator.get(target)
    assert (response.status_code, response.headers["location"]) == (303, PAGE)
    assert "dataflow-health sign-in" in stranger.get(target, headers=led).text


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example", "/\\evil", "", "\t//x"]
)
def test_no_link_leads_to_another_server(operator: TestClient, place: str) -> None:
    response = operator.get(CONTINUE_PATH, params={"to": place})
    assert response.headers["location"] == "/"


def test_a_page_shows_its_address_as_text(stranger: TestClient) -> None:
    led = HTML | {"Sec-Fetch-Site": "cross-site"}
    page = stranger.get('/a"><script>alert(1)</script>', headers=led)
    assert "<script" not in page.text


def test_no_other_site_shows_a_page_in_a_frame(operator: TestClient, stranger: TestClient) -> None:
    for client in (operator, stranger):
        assert client.get(PAGE, headers=HTML).headers["x-frame-options"] == "SAMEORIGIN"
