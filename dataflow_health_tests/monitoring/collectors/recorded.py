"""Real answers of other programs: kept while they pass through, and given again without them."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getuser
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socket import gethostname
from typing import Any

import httpx

from dataflow_health_tests.http_serving import handled_by

PROJECT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parents[2] / "golden" / "outside"

Answer = tuple[int, Any]
"""Status, and JSON or text."""


@contextmanager
def passing(url: str, kept: dict[str, Answer]) -> Iterator[str]:
    """A server that hands every request on, and keeps the answers by method, path and query."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        given = httpx.request(method, url + path, headers=headers, content=body, timeout=600)
        found = given.json() if "json" in given.headers.get("content-type", "") else given.text
        shown = found | {"access_token": "of-then"} if _has_token(found) else found
        kept[f"{method} {path}"] = (given.status_code, shown)
        return given.status_code, found

    with serving(answer) as own:
        yield own


def write(name: str, kept: dict[str, Answer], folder: Path) -> None:
    """Keeps answers as expected output, when these are asked for; without names of this machine.

    Args:
        name: Name of the file.
        kept: The answers.
        folder: Folder of the program that gave them.
    """
    if not os.environ.get("WRITE_GOLDEN"):
        return
    text = json.dumps({"at": datetime.now(UTC).isoformat(), "answers": kept}, indent=1)
    replaced = {str(folder): "/data", str(PROJECT): "/project"}
    replaced |= {f'"{gethostname()}"': '"host"', f'"{getuser()}"': '"user"'}
    for own, shown in replaced.items():
        text = text.replace(own, shown)
    (GOLDEN / f"{name}.json").write_text(text + "\n")


def read(name: str) -> tuple[datetime, dict[str, Answer]]:
    """Time of the answers, and the answers."""
    found = json.loads((GOLDEN / f"{name}.json").read_text())
    return datetime.fromisoformat(found["at"]), {
        key: (status, body) for key, (status, body) in found["answers"].items()
    }


@contextmanager
def repeating(answers: dict[str, Answer], *, token: str = "") -> Iterator[str]:
    """A server with answers of then; other requests have none. With a token, others are refused."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        del body
        if token and method == "GET" and headers.get("authorization") != f"Bearer {token}":
            return 401, {"detail": "Not authenticated"}
        return answers.get(f"{method} {path}", (404, {"detail": "Not Found"}))

    with serving(answer) as own:
        yield own


@contextmanager
def serving(answer: Callable[[str, str, dict[str, str], bytes], Answer]) -> Iterator[str]:
    """A server that answers by a function of method, path, headers and body; gives its URL."""

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            names = ("authorization", "content-type", "accept")
            headers = {name: self.headers[name] for name in names if self.headers[name]}
            status, found = answer(self.command, self.path, headers, body)
            content = found.encode() if isinstance(found, str) else json.dumps(found).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", found)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = _any  # noqa: N815 - the name that http.server calls
        do_POST = _any  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    with handled_by(Handler) as url:
        yield url


def _has_token(found: Any) -> bool:
    return isinstance(found, dict) and "access_token" in found
