from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from dataflow_health.client import Client
from dataflow_health.errors import ApiError, NotFound
from dataflow_health.health.status import Status
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene
from dataflow_health_tests.installation import NOW, recording_id


@pytest.fixture(scope="module")
def client(installation: Settings) -> Iterator[Client]:
    with scene.served(scene.app(installation)) as url, Client(url) as made:
        yield made


def test_every_answer_comes_back_as_the_model_that_was_sent(
    client: Client, installation: Settings
) -> None:
    local = scene.watch(installation).snapshot().report
    board = client.status()
    assert [each.name for each in board.causes] == ["parse"]
    assert board.find("parse") == local.find("parse")
    assert client.process("parse") == local.find("parse")
    assert client.why("parse").evidence == local.find("parse").evidence
    assert client.why_all().causes == (client.why("parse"),)
    assert client.fleet(30).aircraft[0].status is Status.FAILED
    assert client.recordings(tail="HB-Z01", limit=2).total == 15
    assert client.recording(recording_id(19)[:8]).stages[-1].reason == "no_sync"
    assert client.ledger().is_balanced
    assert "flowchart" in client.diagram(expand=True)
    assert client.svg().startswith("<svg")
    assert client.changes(NOW - timedelta(days=1), NOW - timedelta(hours=23)).changes == ()
    assert client.status(NOW - timedelta(days=1)).status is Status.UNKNOWN


@pytest.mark.parametrize("name", ["nothing", "../health", "a/b", "?", ""])
def test_a_name_that_is_none_is_not_found_or_refused(client: Client, name: str) -> None:
    with pytest.raises((NotFound, ApiError)):
        client.why(name) if name else client.recording("0" * 64)


def test_an_api_that_is_not_there_is_told_with_its_address() -> None:
    with (
        Client("http://someone:s3cret@127.0.0.1:1") as client,
        pytest.raises(ApiError, match=r"127\.0\.0\.1:1.*does not answer") as told,
    ):
        client.status()
    assert "s3cret" not in str(told.value)


def test_a_key_that_is_missing_is_told_in_the_apis_words(tmp_path: Path) -> None:
    key = {"name": "grafana", "scope": "read", "sha256": "0" * 64}
    made = scene.app(scene.settings(tmp_path, api_keys=(key,)))
    with (
        scene.served(made) as url,
        Client(url) as client,
        pytest.raises(ApiError, match="give a key"),
    ):
        client.status()


@pytest.mark.parametrize("body", [b"<html>a proxy's page</html>", b"{}", b"null", b'{"error": 1}'])
def test_an_answer_that_is_none_of_this_api_is_told(body: bytes) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, content=body))
    client = Client("http://board", transport=transport)
    with pytest.raises(ApiError, match="HTTP 502, and no answer of this API"):
        client.status()


def test_events_are_read_as_the_standard_says() -> None:
    stream = (
        ': a comment\n\nretry: 2000\nid: 7\nevent: status\ndata: {"status":"HEALTHY"}\n\n'
        'id:8\nevent:status_change\ndata:{"process":"load"}\n\n: still here\n\nid: 9\n\n'
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=stream))
    events = list(Client("http://board", transport=transport).events())
    assert [(each.id, each.kind) for each in events] == [(7, "status"), (8, "status_change")]
    assert events[1].data == {"process": "load"}


def test_a_url_that_is_none_is_told() -> None:
    with pytest.raises(ApiError, match="is no URL"):
        Client("http://board:port")
