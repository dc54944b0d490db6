"""The producer, the server and its sudden end, as they run."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks.waiting import free_port, responds, wait_until
from dataflow_health.api.app import create_app
from dataflow_health.cli.simulate_live import send_live
from dataflow_health.client import Client
from dataflow_health.clock import utc_now
from dataflow_health.errors import ApiUnreachable
from dataflow_health_tests import installation
from dataflow_health_tests.api.conftest import KEYS

pytestmark = pytest.mark.server

SIGNALS = ["cosine_wave", "damped_oscillation", "random_noise", "random_walk", "sine_wave"]


def test_the_producer_sends_five_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATAFLOW_HEALTH_API_KEY", "anna")
    chosen = installation.settings(tmp_path, api_keys=KEYS, api_probes=False)
    with installation.served(create_app(chosen)) as url:
        send_live(url, 50.0, 0.4, 1)
        with Client(url, "board") as api:
            shown = api.telemetry()
    assert [each.name for each in shown.signals] == SIGNALS
    assert {len(each.at_s) for each in shown.signals} == {20}
    assert "20 samples were acknowledged" in capsys.readouterr().out


@contextmanager
def api_process(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    key = KEYS[1]
    environment = {
        **os.environ,
        "DATAFLOW_HEALTH_HOME": str(home),
        "DATAFLOW_HEALTH_API_KEYS": f"{key.name}:{key.scope}:{key.sha256}",
        "DATAFLOW_HEALTH_API_PROBES": "false",
    }
    words = [sys.executable, "-m", "dataflow_health.cli", "api", "--port", str(port)]
    with subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: responds(f"http://127.0.0.1:{port}/api/v1/docs"))
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    port = free_port()
    with api_process(tmp_path, port) as process, Client(f"http://127.0.0.1:{port}", "anna") as api:
        acknowledged = send_until_it_is_killed(api, process)
    with api_process(tmp_path, port), Client(f"http://127.0.0.1:{port}", "anna") as api:
        (shown,) = api.telemetry(px=4000).signals
    assert list(shown.mean[:acknowledged]) == list(range(acknowledged))
    assert len(shown.mean) <= acknowledged + 1  # the last may be stored and not acknowledged


def send_until_it_is_killed(api: Client, process: subprocess.Popen[bytes]) -> int:
    """Sends one value after the other; returns how many were acknowledged."""
    for number in itertools.count():
        try:
            api.send_samples((utc_now(), {"number": number}))
        except ApiUnreachable:
            return number
        if number == 100:
            process.send_signal(signal.SIGKILL)
    raise AssertionError
