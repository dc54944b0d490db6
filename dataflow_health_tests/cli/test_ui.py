"""``dataflow-health ui``: Dagster's own webserver, attacked as a page of another site would."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from dataflow_health.operations import dagster_home
from dataflow_health.orchestration import instance_storage
from dataflow_health.settings import Settings
from dataflow_health_tests.alerting.alert_servers import free_port
from dataflow_health_tests.ui_client import signed_in
from dataflow_health_tests.waiting import wait_until

pytestmark = [pytest.mark.server, pytest.mark.slow]
MUTATION = 'mutation{stopSensor(id:"alerts"){__typename}}'
QUERY = {"query": "{version}"}
EVIL = {"Origin": "http://evil.example"}


def responds(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    """The UI of an installation without a code server."""
    chosen = Settings(home=home)
    dagster_home.prepare(chosen)
    instance_storage.create(chosen.dagster_home)
    workspace = home / "workspace.yaml"
    workspace.write_text("load_from: []")
    port = free_port()
    words = ["ui", "--home", str(home), "--port", str(port), "--workspace", str(workspace)]
    environ = os.environ | {"DATAFLOW_HEALTH_PUBLIC_URL": f"http://127.0.0.1:{port}"}
    program = [sys.executable, "-m", "dataflow_health.cli", *words]
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(program, env=environ, stdout=log, stderr=log) as process,
    ):
        try:
            wait_until(
                lambda: (
                    process.poll() is not None or responds(f"http://127.0.0.1:{port}/server_info")
                ),
                details=(home / "log").read_text,
            )
            assert process.poll() is None, (home / "log").read_text()
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def test_a_page_of_another_site_stops_no_sensor(home: Path, url: str) -> None:
    """It did: Dagster executes a mutation sent by GET, and one sent as text."""
    with signed_in(home, url) as ui, httpx.Client(base_url=url) as stranger:
        for client in (ui, stranger):
            by_get = client.get("/graphql", params={"query": MUTATION}, headers=EVIL)
            by_text = client.post(
                "/graphql",
                params={"query": MUTATION},
                headers=EVIL | {"Content-Type": "text/plain"},
            )
            as_json = client.post("/graphql", json={"query": MUTATION}, headers=EVIL)
            for response in (by_get, by_text, as_json):
                assert response.status_code in (401, 403, 405)
                assert "stopSensor" not in response.text


def test_who_is_signed_in_uses_the_ui(home: Path, url: str) -> None:
    with signed_in(home, url) as ui:
        assert "version" in ui.post("/graphql", json=QUERY, headers={"Origin": url}).json()["data"]
        assert "<html" in ui.get("/assets/parse", headers={"Accept": "text/html"}).text
        cookies = "; ".join(f"{name}={value}" for name, value in ui.cookies.items())
    socket = url.replace("http", "ws") + "/graphql"
    ours = {"Cookie": cookies, "Origin": url}
    with connect(socket, additional_headers=ours, subprotocols=["graphql-ws"]) as opened:
        opened.send('{"type": "connection_init"}')
        assert "connection_ack" in opened.recv()
    with pytest.raises(InvalidStatus):
        connect(socket, additional_headers=ours | EVIL, subprotocols=["graphql-ws"])


def test_the_ui_sends_no_page_to_a_browser_that_is_not_signed_in(url: str) -> None:
    response = httpx.get(f"{url}/assets/parse", headers={"Accept": "text/html"})
    assert response.status_code == 401
    assert "dataflow-health sign-in" in response.text
