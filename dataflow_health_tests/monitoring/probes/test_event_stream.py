"""The event stream of a real API, read over HTTP."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dataflow_health.api.app import create_app
from dataflow_health.clock import utc_now
from dataflow_health.health.observation import Observation
from dataflow_health.settings import ApiKey, Settings
from dataflow_health_tests import installation
from dataflow_health_tests.alerting.alert_servers import free_port
from dataflow_health_tests.monitoring.probes.probing import probe

KEY = "a key of the tests"


def read_stream(url: str, *, later: timedelta = timedelta(0), key: str = "") -> Observation:
    environment = {"DATAFLOW_HEALTH_API_URL": url, "DATAFLOW_HEALTH_API_KEY": key}
    check = {"kind": "event_stream", "at_most": "PT30S", "retries": 0}
    return probe(check, environment, now=utc_now() + later)


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return installation.settings(tmp_path)


@pytest.mark.server
def test_a_stream_with_a_recent_status_passes_and_an_old_one_fails(chosen: Settings):
    with installation.served(create_app(chosen)) as url:
        assert read_stream(url).outcome == "passed"
        old = read_stream(url, later=timedelta(minutes=6))
    assert old.outcome == "failed"
    assert "age of the status in the event stream (" in old.detail


@pytest.mark.server
def test_a_guarded_stream_is_read_with_the_key(chosen: Settings):
    key = ApiKey(name="watch", scope="read", sha256=hashlib.sha256(KEY.encode()).hexdigest())
    guarded = chosen.model_copy(update={"api_keys": (key,)})
    with installation.served(create_app(guarded)) as url:
        assert read_stream(url, key=KEY).outcome == "passed"
        keyless = read_stream(url)
        assert (keyless.outcome, "DATAFLOW_HEALTH_API_KEY" in keyless.detail) == ("unknown", True)
        assert read_stream(url, key="another").outcome == "failed"


def test_an_api_that_is_away_is_red_and_one_that_is_not_set_is_unknown():
    away = read_stream(f"http://127.0.0.1:{free_port()}")
    assert away.outcome == "failed"
    assert "refused" in away.detail
    unset = read_stream("")
    assert unset.outcome == "unknown"
    assert "DATAFLOW_HEALTH_API_URL is not set" in unset.detail


class Silent(BaseHTTPRequestHandler):
    """A stream that starts and sends no event."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b": still here\n\n")

    def log_message(self, *_arguments: object) -> None:
        """Logs nothing."""


@pytest.fixture
def silent() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_stream_without_a_status_event_is_red(silent: str):
    result = read_stream(silent)
    assert (result.outcome, "does not start with a status event" in result.detail) == (
        "failed",
        True,
    )
