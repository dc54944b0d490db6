from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dataflow_health.client import Client
from dataflow_health.errors import ApiError, NotFound
from dataflow_health.health.status import Status
from dataflow_health.settings import Settings
from dataflow_health_tests.installation import NOW, app, monitor, recording_id, served, settings

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def client(installation: Settings) -> Iterator[Client]:
    with served(app(installation)) as url, Client(url) as made:
        yield made


def test_every_response_is_read_as_the_model_that_was_sent(
    client: Client, installation: Settings
) -> None:
    local = monitor(installation).snapshot().report
    status = client.status()
    assert [each.name for each in status.causes] == ["parse"]
    assert status.find("parse") == local.find("parse")
    assert client.process("parse") == local.find("parse")
    assert client.explain_process("parse").evidence == local.find("parse").evidence
    assert client.explain_pipeline().causes == (client.explain_process("parse"),)
    assert client.fleet_health(30).aircraft[0].status is Status.FAILED
    assert not client.aircraft_readiness("HB-Z03").ready
    assert client.algorithm_runs(tail="HB-Z01", limit=2).total == 15
    assert client.recording_history(recording_id(19)[:8]).stages[-1].reason == "no_sync"
    assert client.ledger_balance().is_balanced
    assert "flowchart" in client.diagram(expand=True)
    assert client.diagram_svg().startswith("<svg")
    assert client.status_diff(NOW - timedelta(days=1), NOW - timedelta(hours=23)).changes == ()
    assert client.status(NOW - timedelta(days=1)).status is Status.UNKNOWN


@pytest.mark.parametrize("name", ["nothing", "../health", "a/b", "?", ""])
def test_an_unknown_name_is_not_found_or_refused(client: Client, name: str) -> None:
    with pytest.raises((NotFound, ApiError)):
        client.explain_process(name) if name else client.recording_history("0" * 64)


def test_an_api_that_does_not_respond_is_named_without_its_password() -> None:
    with (
        Client("http://someone:s3cret@127.0.0.1:1") as client,
        pytest.raises(ApiError, match=r"127\.0\.0\.1:1.*does not respond") as raised,
    ):
        client.status()
    assert "s3cret" not in str(raised.value)


def test_a_missing_key_is_reported_in_the_words_of_the_api(tmp_path: Path) -> None:
    key = {"name": "grafana", "scope": "read", "sha256": "0" * 64}
    made = app(settings(tmp_path, api_keys=(key,)))
    with (
        served(made) as url,
        Client(url) as client,
        pytest.raises(ApiError, match="give a key"),
    ):
        client.status()


@pytest.mark.parametrize("body", [b"<html>a proxy's page</html>", b"{}", b"null", b'{"error": 1}'])
def test_a_response_from_another_service_is_reported(body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, content=body))
    client = Client("http://board", transport=transport)
    with pytest.raises(ApiError, match="HTTP 502, not a response of this API"):
        client.status()


def test_events_are_parsed_as_the_standard_says() -> None:
    stream = (
        ': a comment\n\nretry: 2000\nid: 7\nevent: status\ndata: {"status":"HEALTHY"}\n\n'
        'id:8\nevent:status_change\ndata:{"process":"load"}\n\n: still here\n\nid: 9\n\n'
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=stream))
    events = list(Client("http://board", transport=transport).events())
    assert [(each.id, each.kind) for each in events] == [(7, "status"), (8, "status_change")]
    assert events[1].data == {"process": "load"}


def test_an_invalid_url_is_reported() -> None:
    with pytest.raises(ApiError, match="is not a URL"):
        Client("http://board:port")
