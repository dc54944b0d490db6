from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dataflow_health.api.app import create_app
from dataflow_health.client import Client
from dataflow_health.clock import utc_now
from dataflow_health.errors import ApiError, ApiUnreachable, NotFound
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS

pytestmark = pytest.mark.server


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    chosen = installation.settings(tmp_path, api_keys=KEYS, api_probes=False)
    with installation.served(create_app(chosen)) as where:
        yield where


def test_what_was_sent_is_shown(url: str) -> None:
    now = utc_now()
    with Client(url, "anna") as api:
        stored = api.send_samples((now, {"a": 1.0, "b": 2.0}), (now - timedelta(days=1), {"a": 0}))
        assert (stored.stored, stored.too_old) == (2, 1)
        assert [each.name for each in api.live_signals()] == ["a", "b"]
        shown = api.telemetry(["b"], from_at=now - timedelta(minutes=1), px=10)
        assert [(each.name, each.mean) for each in shown.signals] == [("b", (2.0,))]
        assert api.crossings(from_at=now) == ()
        event = next(api.signal_events("a"))
        assert (event.kind, event.data["signals"]["a"]["values"]) == ("signals", [1.0])
        with pytest.raises(NotFound):
            api.telemetry(["c"])


def test_a_refusal_differs_from_an_api_that_cannot_serve_now(url: str) -> None:
    with Client(url, "board") as api, pytest.raises(ApiError) as refused:
        api.send_samples((utc_now(), {"a": 1.0}))
    assert not isinstance(refused.value, ApiUnreachable)
    with Client("http://127.0.0.1:9") as api, pytest.raises(ApiUnreachable):
        api.send_samples((utc_now(), {"a": 1.0}))
