"""A real mail server and a real web server on loopback that record what they receive."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message as Mail
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MailHandler


class Mailbox(MailHandler):
    """Mailbox that records every mail."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Mail] = []

    def handle_message(self, message: Mail) -> None:
        self.got.append(message)


@contextmanager
def mail_server() -> Iterator[tuple[str, Mailbox]]:
    """An SMTP server: its apprise URL and its mailbox."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        url = f"mailto://127.0.0.1:{controller.port}/?from=ops@example.ch&to=duty@example.ch"
        yield url, box
    finally:
        controller.stop()


class Receiver(ThreadingHTTPServer):
    """Web server that records every request; answers with ``status``."""

    status = 200

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)
        self.got: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server_port}/"

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.got]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.status == 200:
            self.server.got.append(body)
        self.send_response(self.server.status)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.got.append({"title": f"GET {self.path}"})
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Writes no log."""


@contextmanager
def web_server(port: int = 0) -> Iterator[Receiver]:
    """A running :class:`Receiver`."""
    server = Receiver(("127.0.0.1", port))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
