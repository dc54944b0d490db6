from pathlib import Path

import httpx
import pytest

from dataflow_health.client import Client
from dataflow_health.errors import ApiError
from dataflow_health_tests.installation import app, served, settings

pytestmark = pytest.mark.server


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


def test_an_invalid_url_is_reported() -> None:
    with pytest.raises(ApiError, match="is not a URL"):
        Client("http://board:port")
