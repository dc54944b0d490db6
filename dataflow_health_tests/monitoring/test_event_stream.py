"""The event stream asked over HTTP, as a browser would."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dataflow_health import wiring
from dataflow_health.api.app import create_app
from dataflow_health.monitoring import event_stream
from dataflow_health.monitoring.probes.result import NotConfigured, ProbeContext, ProbeResult
from dataflow_health.settings import ApiKey, Settings
from dataflow_health_tests import installation as scene
from dataflow_health_tests.alerting.alert_servers import free_port

KEY = "a key of the tests"


def context(url: str, *, later: timedelta = timedelta(0), key: str = "") -> ProbeContext:
    environment = {"DATAFLOW_HEALTH_API_URL": url, "DATAFLOW_HEALTH_API_KEY": key}
    return ProbeContext(wiring.utc_now() + later, 5.0, environment)


def asked(url: str, **more: object) -> ProbeResult:
    return event_stream.answers({"at_most": "PT30S"}, context(url, **more))  # type: ignore[arg-type]


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    (tmp_path / "landing").mkdir()
    (tmp_path / "lake").mkdir()
    return scene.settings(tmp_path)


@pytest.mark.server
def test_a_stream_that_shows_young_data_passes_and_one_that_stands_still_fails(chosen: Settings):
    with scene.served(create_app(chosen)) as url:
        assert asked(url).outcome == "passed"
        old = asked(url, later=timedelta(minutes=6))
    assert old.outcome == "failed"
    assert "age of what the event stream shows (" in old.detail


@pytest.mark.server
def test_a_guarded_stream_is_read_with_the_key_and_said_to_need_one(chosen: Settings):
    key = ApiKey(name="watch", scope="read", sha256=hashlib.sha256(KEY.encode()).hexdigest())
    guarded = chosen.model_copy(update={"api_keys": (key,)})
    with scene.served(create_app(guarded)) as url:
        assert asked(url, key=KEY).outcome == "passed"
        with pytest.raises(NotConfigured, match="DATAFLOW_HEALTH_API_KEY"):
            asked(url)
        assert asked(url, key="another").outcome == "failed"


def test_an_api_that_is_set_and_away_is_red_and_one_that_is_not_set_is_not():
    away = asked(f"http://127.0.0.1:{free_port()}")
    assert away.outcome == "failed"
    assert "refused" in away.detail
    with pytest.raises(NotConfigured, match="DATAFLOW_HEALTH_API_URL is not set"):
        asked("")


class Silent(BaseHTTPRequestHandler):
    """A stream that begins, and tells nothing."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b": still here\n\n")

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def silent() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_stream_without_a_board_is_red(silent: str):
    answer = asked(silent)
    assert (answer.outcome, "begins with no board" in answer.detail) == ("failed", True)
