"""``.ci/audit`` against a stand-in for the advisory database, and where there is none."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[1] / ".ci" / "audit"
ADVISORY = {"id": "TEST-1", "modified": "2026-01-01T00:00:00Z", "summary": "weak", "affected": []}

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(not shutil.which("uv"), reason="no uv on this machine"),
]


class Advisories(BaseHTTPRequestHandler):
    """Knows one weakness, of the first package asked for."""

    asked: int = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        queries = json.loads(body)["queries"]
        type(self).asked += len(queries)
        known = {"vulns": [{name: ADVISORY[name] for name in ("id", "modified")}]}
        self.answer({"results": [known, *({} for _ in queries[1:])]})

    def do_GET(self) -> None:
        self.answer(ADVISORY)

    def answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        """Is silent."""


@pytest.fixture
def advisories() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def audit(url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AUDIT, "--service-url", url],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ | {"UV_HTTP_RETRIES": "0"},
    )


def test_a_known_weakness_of_a_locked_package_fails(advisories: str) -> None:
    done = audit(advisories)
    assert done.returncode == 1, done.stderr
    assert "TEST-1" in done.stdout
    assert Advisories.asked > 100


def test_where_the_database_is_away_the_versions_are_listed() -> None:
    done = audit("http://127.0.0.1:1/")
    assert done.returncode == 0, done.stderr
    assert "cannot be reached" in done.stdout
    assert "pyspark==" in done.stdout
