"""A real Alertmanager on loopback, where its program is installed."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dataflow_health_tests.alerting.alert_servers import free_port
from dataflow_health_tests.waiting import wait_until

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


class Alertmanager:
    """A running Alertmanager."""

    def __init__(self, folder: Path, hook_url: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = folder / "alertmanager.yml"
        self._data = folder / "alertmanager"
        route = {
            "receiver": "hook", "group_by": ["alertname", "process"],
            "group_wait": "0s", "group_interval": "1s",
        }  # fmt: skip
        receivers = [{"name": "hook", "webhook_configs": [{"url": hook_url}]}]
        self._config.write_text(yaml.safe_dump({"route": route, "receivers": receivers}))

    def start(self, config: Path | None = None) -> None:
        """Starts it and waits until it is ready."""
        assert PROGRAM
        self._process = subprocess.Popen(
            [PROGRAM, f"--config.file={config or self._config}", f"--storage.path={self._data}",
             f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_until(self.is_ready, limit_s=120)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready").is_success
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts that fire."""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/api/v2/alerts").json()
        return found


@contextmanager
def alertmanager(
    folder: Path, hook_url: str = "http://127.0.0.1:9/", config: Path | None = None
) -> Iterator[Alertmanager]:
    """A running Alertmanager; the test is skipped where the program is not installed."""
    if PROGRAM is None:
        pytest.skip("no prometheus-alertmanager on the PATH")
    server = Alertmanager(folder, hook_url)
    server.start(config)
    try:
        yield server
    finally:
        server.stop()
