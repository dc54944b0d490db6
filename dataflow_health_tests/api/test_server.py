import socket
import subprocess
import sys
import threading

import httpx
import pytest

from dataflow_health.api.server import SHUTDOWN_GRACE_S, Server
from dataflow_health.settings import Settings
from dataflow_health_tests import installation as scene
from dataflow_health_tests.waiting import LIMIT_S, wait_until

pytestmark = pytest.mark.server


def test_a_shutdown_ends_open_event_streams(installation: Settings) -> None:
    app = scene.app(installation)
    server = Server(app)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    wait_until(lambda: server.started)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/api/v1/events"
    with httpx.stream("GET", url, timeout=LIMIT_S) as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: status"
        server.should_exit = True
        rest = list(lines)
    thread.join(LIMIT_S)
    assert not thread.is_alive()
    assert app.state.event_queues == set()
    assert not any(line.startswith("event:") for line in rest)
    assert server.config.timeout_graceful_shutdown == SHUTDOWN_GRACE_S


def test_the_server_may_open_as_many_files_as_it_takes_connections() -> None:
    program = (
        "import resource; from dataflow_health.api import server\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))\n"
        "server._allow_connections()\n"
        "most = min(hard, server.MAX_CONNECTIONS)\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= most)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))\n"
        "server._allow_connections()\n"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    words = [sys.executable, "-c", program]
    run = subprocess.run(words, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["True", "(300, 300)"]
